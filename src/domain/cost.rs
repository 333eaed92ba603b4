//! What a resource costs, in one currency, so that costs can be compared.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::resource::{Offer, OfferUnit, Period, Resource};

/// Dated exchange rates of `index-schema/currencies.toml`: Canadian dollars for one unit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Currencies {
    /// The day or year the rates stand for.
    pub as_of: String,
    rates: BTreeMap<String, f64>,
}

/// How many a resource is bought for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buyers {
    pub students: Option<u64>,
    pub classes: Option<u64>,
}

impl Buyers {
    /// How many units of an offer are needed; one licence serves a teacher, a school or a board.
    fn units(self, unit: OfferUnit) -> Option<u64> {
        match unit {
            OfferUnit::Student => self.students,
            OfferUnit::Class => Some(self.classes.unwrap_or(1)),
            OfferUnit::Teacher | OfferUnit::School | OfferUnit::Board => Some(1),
        }
    }
}

impl Currencies {
    pub fn parse(file: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(file)
    }

    /// An amount in Canadian cents; `None` when the currency has no rate.
    pub fn cents(&self, amount: f64, currency: Option<&str>) -> Option<u64> {
        let rate = match currency {
            None | Some("CAD") => 1.0,
            Some(code) => *self.rates.get(code)?,
        };
        let cents = (amount * rate * 100.0).round();
        (cents.is_finite() && cents >= 0.0).then_some(cents as u64)
    }

    /// 0 for what is free or freemium, else the lowest known amount of the price and the offers, each in its own
    /// period; `None` (unknown) for a quote and when no amount is known.
    pub fn cost_cents(&self, resource: &Resource) -> Option<u64> {
        let price = resource.price.as_ref();
        match price.and_then(|price| price.model.as_deref()) {
            Some("free" | "freemium") => return Some(0),
            Some("quote") => return None,
            _ => {}
        }
        let own = price.and_then(|price| self.cents(price.amount?, price.currency.as_deref()));
        let offers = resource
            .offers
            .iter()
            .filter_map(|offer| self.cents(offer.amount?, offer.currency.as_deref()));
        own.into_iter().chain(offers).min()
    }

    /// The cheapest offer for a first year, in Canadian cents; `None` when none has a known price, or when it goes by
    /// student and nobody said how many there are.
    pub fn year_cents(&self, resource: &Resource, buyers: Buyers) -> Option<u64> {
        let year = |offer: &Offer| {
            let amount = self.cents(offer.amount?, offer.currency.as_deref())?;
            let times = match offer.period {
                Some(Period::Month) => 12,
                Some(Period::Once | Period::Year) | None => 1,
            };
            amount
                .checked_mul(times)?
                .checked_mul(buyers.units(offer.per)?)
        };
        resource.offers.iter().filter_map(year).min()
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::draft::Draft;
    use crate::index_schema::IndexSchema;
    use serde_json::json;

    fn cost(fields: serde_json::Value) -> Option<u64> {
        let schema = IndexSchema::embedded();
        let mut record = json!({"id": "x", "title": "x"});
        record
            .as_object_mut()
            .expect("an object")
            .extend(fields.as_object().expect("an object").clone());
        let draft = Draft::read(record, &schema.vocabularies).expect("valid");
        schema.currencies.cost_cents(&draft.resource)
    }

    #[test]
    fn free_is_nothing_a_quote_is_unknown_and_the_lowest_amount_counts() {
        assert_eq!(
            cost(json!({"price": {"model": "freemium", "amount": 4.99}})),
            Some(0)
        );
        assert_eq!(
            cost(json!({"price": {"model": "quote", "amount": 4.99}})),
            None
        );
        assert_eq!(cost(json!({"price": {"model": "paid"}})), None);
        assert_eq!(cost(json!({})), None);
        assert_eq!(
            cost(
                json!({"price": {"model": "paid", "amount": 59.0, "currency": "CAD"},
            "offers": [{"per": "student", "amount": 4.5, "currency": "CAD"}]})
            ),
            Some(450)
        );
    }

    #[test]
    fn a_year_costs_the_cheapest_offer_for_so_many() {
        let schema = IndexSchema::embedded();
        let record = json!({"id": "x", "title": "x", "offers": [{"per": "student", "amount": 2, "period": "month"},
            {"per": "class", "amount": 300, "period": "year"}, {"per": "school", "amount": 5000}]});
        let draft = Draft::read(record, &schema.vocabularies).expect("valid");
        let year = |students, classes| {
            let buyers = super::Buyers { students, classes };
            schema.currencies.year_cents(&draft.resource, buyers)
        };
        assert_eq!(year(Some(10), Some(1)), Some(24_000));
        assert_eq!(year(Some(25), Some(1)), Some(30_000));
        assert_eq!(year(Some(900), Some(30)), Some(500_000));
        assert_eq!(year(None, None), Some(30_000));
    }

    #[test]
    fn other_currencies_are_converted_and_unknown_ones_are_unknown() {
        let dollars = cost(json!({"price": {"model": "paid", "amount": 10.0, "currency": "USD"}}))
            .expect("a rate");
        assert!(
            dollars > 1000,
            "a US dollar is worth more than a Canadian one: {dollars}"
        );
        assert_eq!(
            cost(json!({"price": {"model": "paid", "amount": 10.0, "currency": "XXX"}})),
            None
        );
    }
}
