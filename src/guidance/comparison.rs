//! A few resources side by side: what each fact says of each, the facts that differ first.

use super::facts::{self, said, yes_or_no};
use crate::domain::compatibility::RunsOn;
use crate::domain::cost::{Buyers, Currencies};
use crate::domain::language::Bilingual;
use crate::domain::profile::Profile;
use crate::domain::resource::{Resource, TermId};
use crate::domain::typography::listed;
use crate::domain::vocabulary::{Ordinal, Vocabularies};

/// One of those that are compared.
#[derive(Clone, Copy)]
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

impl Compares<'_> {
    /// Every criterion; those in which the resources differ come first.
    pub fn criteria(&self, compared: &[Compared]) -> Vec<Criterion> {
        let fact = |fact: &facts::Fact| {
            let dated = |one: &Compared| Cell {
                verified: one.resource.verified.get(fact.field).cloned(),
                ..(fact.read)(self, one)
            };
            let [fr, en] = fact.label;
            let cells = compared.iter().map(dated);
            criterion(fact.name, Bilingual::new(fr, en), cells)
        };
        let mut criteria: Vec<Criterion> = facts::ALL.iter().map(fact).collect();
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

    /// The labels of a vocabulary's terms, in its order.
    pub(super) fn listed(&self, vocabulary: &str, ids: &[TermId]) -> Cell {
        let vocabulary = self.vocabularies.get(vocabulary);
        let mut values: Vec<Ordinal> = ids.iter().filter_map(|id| vocabulary.ordinal(id)).collect();
        values.sort_unstable();
        let labels = values.iter().map(|value| &vocabulary.term(*value).label);
        said((!values.is_empty()).then(|| listed(labels)))
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
