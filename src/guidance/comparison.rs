//! A few resources side by side: what each fact says of each, the facts that differ first.

use crate::domain::compatibility::RunsOn;
use crate::domain::cost::{Buyers, Currencies};
use crate::domain::language::Bilingual;
use crate::domain::profile::Profile;
use crate::domain::resource::{Internet, Resource, TermId};
use crate::domain::vocabulary::Vocabularies;

/// One of those that are compared.
pub struct Compared<'a> {
    pub resource: &'a Resource,
    pub runs_on: &'a RunsOn,
}

/// One fact of all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// A stable name.
    pub name: String,
    pub label: Bilingual,
    pub differs: bool,
    /// In the order of the resources.
    pub cells: Vec<Cell>,
}

/// What is known of a fact of one resource.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// Nothing when it is not known.
    pub text: Option<Bilingual>,
    /// Of a question that is answered by yes or no, the answer.
    pub verdict: Option<bool>,
    /// Of a price, Canadian cents.
    pub cents: Option<u64>,
    /// When the fact was last checked.
    pub verified: Option<String>,
}

/// What a comparison goes by besides the resources.
pub struct Compares<'a> {
    pub vocabularies: &'a Vocabularies,
    pub currencies: &'a Currencies,
    pub profile: &'a Profile,
    pub buyers: Buyers,
}

/// A fact: its name, what it is called, the field whose check dates it, and what it says.
type Fact<'f> = (
    &'static str,
    [&'static str; 2],
    &'static str,
    Box<dyn Fn(&Compared) -> Cell + 'f>,
);

impl Compares<'_> {
    /// Every criterion; those in which the resources differ come first.
    pub fn criteria(&self, compared: &[Compared]) -> Vec<Criterion> {
        let mut criteria: Vec<Criterion> = self
            .facts()
            .into_iter()
            .map(|(name, [fr, en], field, cell)| {
                let dated = |one: &Compared| Cell {
                    verified: one.resource.verified.get(field).cloned(),
                    ..cell(one)
                };
                criterion(name, Bilingual::new(fr, en), compared.iter().map(dated))
            })
            .collect();
        criteria.extend(self.fleet(compared));
        criteria.sort_by_key(|criterion| !criterion.differs);
        criteria
    }

    /// Whether each device of the fleet runs each resource.
    fn fleet(&self, compared: &[Compared]) -> Vec<Criterion> {
        let vocabulary = self.vocabularies.get("device");
        let on_device = |device: &TermId| {
            let label = vocabulary.label(device)?;
            let cell = |one: &Compared| {
                let devices = &one.runs_on.devices;
                Cell {
                    verified: one.resource.verified.get("devices").cloned(),
                    ..yes_or_no((!devices.is_empty()).then(|| devices.contains(device)))
                }
            };
            let label = Bilingual::new(
                format!("Fonctionne sur vos appareils : {}", label.fr),
                format!("Runs on your devices: {}", label.en),
            );
            let name = format!("device:{device}");
            Some(criterion(&name, label, compared.iter().map(cell)))
        };
        self.profile.devices.iter().filter_map(on_device).collect()
    }

    fn facts(&self) -> Vec<Fact<'_>> {
        let terms = |vocabulary: &'static str,
                     ids: for<'a> fn(&'a Compared<'a>) -> &'a [TermId]| {
            Box::new(move |one: &Compared| self.listed(vocabulary, ids(one)))
                as Box<dyn Fn(&Compared) -> Cell>
        };
        let flag = |flag: fn(&Resource) -> Option<bool>| {
            Box::new(move |one: &Compared| yes_or_no(flag(one.resource)))
                as Box<dyn Fn(&Compared) -> Cell>
        };
        vec![
            (
                "price",
                ["Prix", "Price"],
                "price",
                Box::new(|one| self.price(one.resource)),
            ),
            (
                "year",
                ["Coût pour un an", "Cost for one year"],
                "price",
                Box::new(|one| self.year(one.resource)),
            ),
            (
                "level",
                ["Niveaux", "Levels"],
                "levels",
                terms("level", |one| &one.resource.levels),
            ),
            (
                "subject",
                ["Matières", "Subjects"],
                "subjects",
                terms("subject", |one| &one.resource.subjects),
            ),
            (
                "type",
                ["Genre", "Kind"],
                "type",
                terms("type", |one| &one.resource.types),
            ),
            (
                "device",
                ["Appareils", "Devices"],
                "devices",
                terms("device", |one| &one.runs_on.devices),
            ),
            (
                "os",
                ["Systèmes", "Systems"],
                "os",
                terms("os", |one| &one.runs_on.os),
            ),
            (
                "platform",
                ["Plateformes", "Platforms"],
                "platforms",
                terms("platform", |one| &one.resource.platforms),
            ),
            (
                "language",
                ["Langues", "Languages"],
                "languages",
                terms("language", |one| &one.resource.languages),
            ),
            (
                "access",
                ["Compte", "Account"],
                "access",
                terms("access", |one| one.resource.access.as_slice()),
            ),
            (
                "advertising",
                ["Publicité", "Advertising"],
                "advertising",
                flag(|resource| resource.advertising),
            ),
            (
                "offline",
                ["Sans connexion Internet", "Without Internet"],
                "internet",
                flag(|resource| resource.internet.map(|internet| internet == Internet::None)),
            ),
            (
                "tutorial",
                ["Tutoriel", "Tutorial"],
                "support",
                flag(|resource| resource.support?.tutorial),
            ),
            (
                "guide",
                ["Guide", "Guide"],
                "support",
                flag(|resource| resource.support?.guide),
            ),
            (
                "support",
                ["Soutien technique", "Technical support"],
                "support",
                flag(|resource| resource.support?.technical_support),
            ),
            (
                "evidence",
                ["Preuves", "Evidence"],
                "evidence",
                Box::new(|one| evidence(one.resource)),
            ),
            (
                "accessibility",
                ["Accessibilité", "Accessibility"],
                "accessibility",
                Box::new(|one| {
                    let features = one.resource.accessibility.join(", ");
                    said((!features.is_empty()).then(|| Bilingual::new(features.clone(), features)))
                }),
            ),
            (
                "student_data",
                ["Recueille des données d’élèves", "Collects student data"],
                "privacy",
                flag(|resource| resource.privacy.as_ref()?.student_data),
            ),
            (
                "updated",
                ["Dernière mise à jour", "Last update"],
                "updated_at",
                Box::new(|one| {
                    said(
                        one.resource
                            .updated_at
                            .as_ref()
                            .map(|date| Bilingual::new(date, date)),
                    )
                }),
            ),
        ]
    }

    fn listed(&self, vocabulary: &str, ids: &[TermId]) -> Cell {
        let vocabulary = self.vocabularies.get(vocabulary);
        let labels: Vec<&Bilingual> = ids.iter().filter_map(|id| vocabulary.label(id)).collect();
        let joined = |of: fn(&Bilingual) -> &str| {
            labels
                .iter()
                .map(|label| of(label))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let text = Bilingual::new(joined(|label| &label.fr), joined(|label| &label.en));
        said((!labels.is_empty()).then_some(text))
    }

    fn price(&self, resource: &Resource) -> Cell {
        let model = resource
            .price
            .as_ref()
            .and_then(|price| price.model.as_ref());
        Cell {
            cents: self.currencies.cost_cents(resource),
            ..self.listed("price", model.map_or(&[], std::slice::from_ref))
        }
    }

    /// What a first year costs so many students or classes. What has a free version says so beside the price of the whole.
    fn year(&self, resource: &Resource) -> Cell {
        let model = resource
            .price
            .as_ref()
            .and_then(|price| price.model.as_deref());
        let offers = self.currencies.year_cents(resource, self.buyers);
        let (cents, text) = match (model, offers) {
            (Some("free"), _) => (Some(0), Some(Bilingual::new("Gratuit", "Free"))),
            (Some("freemium"), None) => {
                let text = Bilingual::new("Version gratuite", "Free version");
                (Some(0), Some(text))
            }
            (Some("freemium"), Some(cents)) => {
                let [fr, en] = money(cents);
                let fr = format!("Version gratuite; version complète : {fr}");
                (
                    Some(0),
                    Some(Bilingual::new(
                        fr,
                        format!("Free version; full version: {en}"),
                    )),
                )
            }
            (_, Some(cents)) => {
                let [fr, en] = money(cents);
                (Some(cents), Some(Bilingual::new(fr, en)))
            }
            (_, None) => (None, None),
        };
        Cell {
            cents,
            ..said(text)
        }
    }
}

fn criterion(name: &str, label: Bilingual, cells: impl Iterator<Item = Cell>) -> Criterion {
    let cells: Vec<Cell> = cells.collect();
    let content = |cell: &Cell| (cell.text.clone(), cell.verdict, cell.cents);
    Criterion {
        name: name.to_owned(),
        label,
        differs: cells
            .windows(2)
            .any(|pair| content(&pair[0]) != content(&pair[1])),
        cells,
    }
}

fn said(text: Option<Bilingual>) -> Cell {
    Cell {
        text,
        ..Cell::default()
    }
}

fn yes_or_no(verdict: Option<bool>) -> Cell {
    let text = verdict.map(|yes| match yes {
        true => Bilingual::new("Oui", "Yes"),
        false => Bilingual::new("Non", "No"),
    });
    Cell {
        verdict,
        ..said(text)
    }
}

fn evidence(resource: &Resource) -> Cell {
    let found = resource.evidence.as_ref().map(|evidence| {
        (
            evidence.research.len(),
            evidence.testimonials.len(),
            evidence.benefits.is_empty(),
        )
    });
    said(match found {
        None | Some((0, 0, true)) => None,
        Some((0, 0, false)) => Some(Bilingual::new("Bienfaits énoncés", "Benefits stated")),
        Some((research, testimonials, _)) => Some(Bilingual::new(
            format!("Recherches : {research}; témoignages : {testimonials}"),
            format!("Research: {research}; testimonials: {testimonials}"),
        )),
    })
}

/// An amount of Canadian dollars, as each language writes it.
fn money(cents: u64) -> [String; 2] {
    let (dollars, rest) = (cents / 100, cents % 100);
    [
        format!("{dollars},{rest:02} $"),
        format!("${dollars}.{rest:02}"),
    ]
}
