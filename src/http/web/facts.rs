//! The facts of a resource, in groups, each with the day it was last checked. What is not known is said to be.

use super::address::Address;
use super::card::best;
use super::frame::icon;
use super::resource::is_web;
use super::texts::{Html, Ui};
use super::typography;
use crate::domain::compatibility::RunsOn;
use crate::domain::language::LanguageMap;
use crate::domain::markup::escape;
use crate::domain::resource::{Internet, Offer, OfferUnit, Period, Resource, TermId};
use crate::guidance::relaxation::told;
use crate::index_schema::IndexSchema;
use crate::query::need::Limit;

pub struct Section {
    pub title: &'static Html,
    pub facts: Vec<FactView>,
}

pub struct FactView {
    pub label: &'static Html,
    pub values: Vec<ValueView>,
    /// The day of its last check.
    pub checked: Option<Html>,
}

pub struct ValueView {
    pub html: Html,
    /// A search, or a page elsewhere.
    pub url: Option<String>,
    pub is_outside: bool,
    pub lang: Option<String>,
}

/// What facts are told with.
pub struct Facts<'a> {
    pub ui: Ui,
    pub schema: &'a IndexSchema,
    /// The search that a value leads to.
    pub search: Address,
}

impl Facts<'_> {
    /// What decides first: price, levels, subjects, devices, account.
    pub fn essentials(&self, resource: &Resource, runs_on: &RunsOn) -> Vec<FactView> {
        let ui = self.ui;
        vec![
            self.fact(resource, ui.t("facet.price"), "price", self.price(resource)),
            self.fact(
                resource,
                ui.t("facet.level"),
                "levels",
                self.terms("level", &resource.levels),
            ),
            self.fact(
                resource,
                ui.t("facet.subject"),
                "subjects",
                self.terms("subject", &resource.subjects),
            ),
            self.fact(
                resource,
                ui.t("facet.device"),
                "devices",
                self.drawn("device", &runs_on.devices),
            ),
            self.fact(
                resource,
                ui.t("facet.access"),
                "access",
                self.terms("access", resource.access.as_slice()),
            ),
            self.fact(
                resource,
                ui.t("resource.advertising"),
                "advertising",
                self.flag(resource.advertising),
            ),
        ]
    }

    /// Everything else that is known.
    pub fn sections(&self, resource: &Resource) -> Vec<Section> {
        let ui = self.ui;
        let group = |title, facts: Vec<FactView>| {
            let known: Vec<FactView> = facts
                .into_iter()
                .filter(|fact| !fact.values.is_empty())
                .collect();
            (!known.is_empty()).then_some(Section {
                title,
                facts: known,
            })
        };
        let groups = [
            group(ui.t("resource.teaching"), self.teaching(resource)),
            group(ui.t("resource.technical"), self.technical(resource)),
            group(ui.t("resource.costs"), self.costs(resource)),
            group(ui.t("resource.help"), self.help(resource)),
            group(ui.t("resource.evidence"), self.evidence(resource)),
            group(ui.t("resource.privacy"), self.privacy(resource)),
            group(ui.t("resource.record"), self.record(resource)),
        ];
        groups.into_iter().flatten().collect()
    }

    pub fn publisher(&self, resource: &Resource) -> Option<Html> {
        let name = resource.publisher.as_ref()?.name.as_ref()?;
        Some(self.ui.set(name))
    }

    /// What a filter asks for, as a person would say it.
    pub fn told(&self, limit: &Limit) -> Html {
        self.ui.label(&told(limit, &self.schema.vocabularies))
    }

    fn teaching(&self, resource: &Resource) -> Vec<FactView> {
        let ui = self.ui;
        let age = resource.age.and_then(|age| match (age.min, age.max) {
            (Some(min), Some(max)) => {
                Some(ui.fill("resource.ages", &self.words(format!("{min}–{max}"))))
            }
            (Some(min), None) => Some(ui.t1("resource.from_age", min)),
            (None, Some(max)) => Some(ui.t1("resource.to_age", max)),
            (None, None) => None,
        });
        vec![
            self.fact(
                resource,
                ui.t("facet.type"),
                "type",
                self.terms("type", &resource.types),
            ),
            self.fact(
                resource,
                ui.t("resource.skills"),
                "skills",
                self.plain("skill", &resource.skills),
            ),
            self.fact(
                resource,
                ui.t("facet.strategy"),
                "strategies",
                self.terms("strategy", &resource.strategies),
            ),
            self.fact(
                resource,
                ui.t("facet.student_type"),
                "student_types",
                self.terms("student_type", &resource.student_types),
            ),
            self.fact(
                resource,
                ui.t("resource.age"),
                "age",
                age.map(value).into_iter().collect(),
            ),
            self.fact(
                resource,
                ui.t("resource.keywords"),
                "keywords",
                self.keywords(resource),
            ),
        ]
    }

    fn technical(&self, resource: &Resource) -> Vec<FactView> {
        let ui = self.ui;
        let internet = resource.internet.map(|internet| match internet {
            Internet::None => ui.t("resource.internet_none"),
            Internet::Partial => ui.t("resource.internet_partial"),
            Internet::Required => ui.t("resource.internet_required"),
        });
        let links = resource.links.iter().filter(|link| is_web(&link.url));
        vec![
            self.fact(
                resource,
                ui.t("facet.language"),
                "languages",
                self.terms("language", &resource.languages),
            ),
            self.fact(
                resource,
                ui.t("facet.os"),
                "os",
                self.drawn("os", &resource.os),
            ),
            self.fact(
                resource,
                ui.t("facet.platform"),
                "platforms",
                self.terms("platform", &resource.platforms),
            ),
            self.fact(
                resource,
                ui.t("resource.internet"),
                "internet",
                internet.cloned().map(value).into_iter().collect(),
            ),
            self.fact(
                resource,
                ui.t("resource.downloadable"),
                "downloadable",
                self.flag(resource.downloadable),
            ),
            self.fact(
                resource,
                ui.t("resource.accessibility"),
                "accessibility",
                self.free(&resource.accessibility),
            ),
            self.fact(
                resource,
                ui.t("resource.links"),
                "links",
                links
                    .map(|link| self.outside(&link.url, &link.kind))
                    .collect(),
            ),
        ]
    }

    fn costs(&self, resource: &Resource) -> Vec<FactView> {
        let ui = self.ui;
        let details = resource.price.as_ref().map(|price| &price.details);
        let offers = resource.offers.iter().map(|offer| self.offer(offer));
        let licence = resource
            .licence
            .as_ref()
            .map(|licence| value(ui.set(licence)));
        vec![
            self.fact(
                resource,
                ui.t("resource.price_details"),
                "price",
                details.and_then(|map| self.text(map)).into_iter().collect(),
            ),
            self.fact(resource, ui.t("resource.offers"), "price", offers.collect()),
            self.fact(
                resource,
                ui.t("facet.licence"),
                "licence",
                licence.into_iter().collect(),
            ),
        ]
    }

    fn help(&self, resource: &Resource) -> Vec<FactView> {
        let (ui, support) = (self.ui, resource.support.unwrap_or_default());
        vec![
            self.fact(
                resource,
                ui.t("resource.tutorial"),
                "support",
                self.flag(support.tutorial),
            ),
            self.fact(
                resource,
                ui.t("resource.guide"),
                "support",
                self.flag(support.guide),
            ),
            self.fact(
                resource,
                ui.t("resource.support"),
                "support",
                self.flag(support.technical_support),
            ),
        ]
    }

    fn evidence(&self, resource: &Resource) -> Vec<FactView> {
        let ui = self.ui;
        let Some(evidence) = &resource.evidence else {
            return Vec::new();
        };
        let research = evidence.research.iter().map(|study| match &study.url {
            Some(url) if is_web(url) => self.outside(url, &study.title),
            _ => value(ui.set(&study.title)),
        });
        let testimonials = evidence.testimonials.iter().filter_map(|said| {
            let text = self.text(&said.text)?;
            let by = said.by.as_ref().map(|by| format!(" ({})", escape(by)));
            Some(ValueView {
                html: Html::of_trusted(format!("{}{}", text.html, by.unwrap_or_default())),
                ..text
            })
        });
        vec![
            self.fact(
                resource,
                ui.t("resource.benefits"),
                "evidence",
                self.text(&evidence.benefits).into_iter().collect(),
            ),
            self.fact(
                resource,
                ui.t("resource.research"),
                "evidence",
                research.collect(),
            ),
            self.fact(
                resource,
                ui.t("resource.testimonials"),
                "evidence",
                testimonials.collect(),
            ),
        ]
    }

    fn privacy(&self, resource: &Resource) -> Vec<FactView> {
        let ui = self.ui;
        let Some(privacy) = &resource.privacy else {
            return Vec::new();
        };
        let country = privacy
            .hosting_country
            .as_ref()
            .map(|country| value(ui.set(country)));
        let policy = privacy.policy_url.as_ref().filter(|url| is_web(url));
        let policy = policy.map(|url| self.outside(url, ui.t("resource.policy").as_str()));
        vec![
            self.fact(
                resource,
                ui.t("resource.student_data"),
                "privacy",
                self.flag(privacy.student_data),
            ),
            self.fact(
                resource,
                ui.t("resource.hosting"),
                "privacy",
                country.into_iter().collect(),
            ),
            self.fact(
                resource,
                ui.t("resource.policy"),
                "privacy",
                policy.into_iter().collect(),
            ),
        ]
    }

    fn record(&self, resource: &Resource) -> Vec<FactView> {
        let ui = self.ui;
        let date = |date: &Option<String>| date.as_ref().map(|date| value(ui.date(date)));
        let headquarters = resource
            .publisher
            .as_ref()
            .and_then(|publisher| publisher.headquarters.clone());
        let source = resource
            .provenance
            .as_ref()
            .and_then(|provenance| provenance.source.as_ref());
        vec![
            self.fact(
                resource,
                ui.t("facet.headquarters"),
                "publisher",
                self.terms("headquarters", headquarters.as_slice()),
            ),
            self.fact(
                resource,
                ui.t("resource.created"),
                "created_at",
                date(&resource.created_at).into_iter().collect(),
            ),
            self.fact(
                resource,
                ui.t("resource.updated"),
                "updated_at",
                date(&resource.updated_at).into_iter().collect(),
            ),
            self.fact(
                resource,
                ui.t("resource.source"),
                "provenance",
                source
                    .map(|source| value(ui.set(source)))
                    .into_iter()
                    .collect(),
            ),
            self.fact(
                resource,
                ui.t("resource.id"),
                "id",
                vec![value(Html::of_trusted(format!(
                    "<code>{}</code>",
                    escape(resource.id.as_str())
                )))],
            ),
        ]
    }

    fn fact(
        &self,
        resource: &Resource,
        label: &'static Html,
        field: &str,
        values: Vec<ValueView>,
    ) -> FactView {
        let checked = resource.verified.get(field);
        FactView {
            label,
            values,
            checked: checked.map(|date| self.ui.fill("resource.checked", &self.ui.date(date))),
        }
    }

    fn price(&self, resource: &Resource) -> Vec<ValueView> {
        let price = resource.price.as_ref();
        let model = price.and_then(|price| price.model.clone());
        let mut values = self.terms("price", model.as_slice());
        if let Some(amount) = price.and_then(|price| price.amount) {
            let currency = price.and_then(|price| price.currency.as_deref());
            values.push(value(self.words(self.amount(amount, currency))));
        }
        values
    }

    fn amount(&self, amount: f64, currency: Option<&str>) -> String {
        let cents = (amount.max(0.0) * 100.0).round() as u64;
        typography::money(cents, currency.unwrap_or("CAD"), self.ui.language)
    }

    fn offer(&self, offer: &Offer) -> ValueView {
        let ui = self.ui;
        let unit = match offer.per {
            OfferUnit::Teacher => ui.t("resource.per_teacher"),
            OfferUnit::Student => ui.t("resource.per_student"),
            OfferUnit::Class => ui.t("resource.per_class"),
            OfferUnit::School => ui.t("resource.per_school"),
            OfferUnit::Board => ui.t("resource.per_board"),
        };
        let amount = match offer.amount {
            Some(amount) => escape(&self.amount(amount, offer.currency.as_deref())),
            None => ui.t("resource.on_request").to_string(),
        };
        let period = offer.period.map(|period| match period {
            Period::Once => ui.t("resource.once"),
            Period::Month => ui.t("resource.month"),
            Period::Year => ui.t("resource.year"),
        });
        let period = period
            .map(|period| format!(" {period}"))
            .unwrap_or_default();
        let trial = offer
            .trial_days
            .map(|days| ui.n("resource.trial", u64::from(days)));
        let trial = trial.map(|trial| format!(" ({trial})")).unwrap_or_default();
        value(Html::of_trusted(format!("{amount} {unit}{period}{trial}")))
    }

    fn keywords(&self, resource: &Resource) -> Vec<ValueView> {
        let own = resource.keywords.get(self.ui.tag());
        let any = || resource.keywords.values().next();
        let words = own.or_else(any).map(Vec::as_slice).unwrap_or_default();
        let word = |word: &String| ValueView {
            url: Some(self.search.clone().with("q", word).to_string()),
            ..value(self.ui.set(word))
        };
        words.iter().map(word).collect()
    }

    /// Terms that lead to a search for them.
    fn terms(&self, vocabulary: &str, ids: &[TermId]) -> Vec<ValueView> {
        let terms = self.schema.vocabularies.get(vocabulary);
        let term = |id: &TermId| {
            Some(ValueView {
                url: Some(self.search.clone().with(vocabulary, id).to_string()),
                ..value(self.ui.label(terms.label(id)?))
            })
        };
        ids.iter().filter_map(term).collect()
    }

    /// Terms that nothing can be searched by.
    fn plain(&self, vocabulary: &str, ids: &[TermId]) -> Vec<ValueView> {
        let terms = self.schema.vocabularies.get(vocabulary);
        let labels = ids.iter().filter_map(|id| terms.label(id));
        labels.map(|label| value(self.ui.label(label))).collect()
    }

    fn drawn(&self, vocabulary: &str, ids: &[TermId]) -> Vec<ValueView> {
        let terms = self.schema.vocabularies.get(vocabulary);
        let drawn = |id: &TermId| {
            let label = terms.label(id)?;
            let icon = icon(id);
            Some(value(Html::of_trusted(format!(
                "<span class=\"drawn\">{icon} {}</span>",
                self.ui.label(label)
            ))))
        };
        ids.iter().filter_map(drawn).collect()
    }

    fn free(&self, texts: &[String]) -> Vec<ValueView> {
        texts.iter().map(|text| value(self.ui.set(text))).collect()
    }

    fn text(&self, map: &LanguageMap) -> Option<ValueView> {
        let (text, lang) = best(map, self.ui.language)?;
        Some(ValueView {
            lang: lang.map(str::to_owned),
            ..value(self.ui.set(text))
        })
    }

    fn flag(&self, flag: Option<bool>) -> Vec<ValueView> {
        let word = flag.map(|flag| match flag {
            true => self.ui.t("resource.yes"),
            false => self.ui.t("resource.no"),
        });
        word.cloned().map(value).into_iter().collect()
    }

    fn outside(&self, url: &str, name: &str) -> ValueView {
        ValueView {
            url: Some(url.to_owned()),
            is_outside: true,
            ..value(self.ui.set(name))
        }
    }

    fn words(&self, text: String) -> Html {
        Html::of_trusted(escape(&text))
    }
}

fn value(html: Html) -> ValueView {
    ValueView {
        html,
        url: None,
        is_outside: false,
        lang: None,
    }
}
