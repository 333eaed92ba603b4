//! The facets: what a search may be filtered by and counted over.

use crate::domain::compatibility::RunsOn;
use crate::domain::licence::LicenceGroups;
use crate::domain::resource::{Resource, TermId};

/// A facet; its name is the parameter of the API and the name of its vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    Subject,
    Level,
    Device,
    Os,
    Price,
    Type,
    Language,
    Strategy,
    Platform,
    StudentType,
    Access,
    Licence,
    Headquarters,
    Has,
}

/// When a value of a filter matches a value that a record declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The value itself or anything below it: who asks for mathematics accepts fractions.
    Descendants,
    /// Also anything above it: a record for the whole of primary school suits grade 4.
    Lineage,
}

impl Facet {
    pub const COUNT: usize = 14;

    pub const ALL: [Facet; Facet::COUNT] = [
        Facet::Subject,
        Facet::Level,
        Facet::Device,
        Facet::Os,
        Facet::Price,
        Facet::Type,
        Facet::Language,
        Facet::Strategy,
        Facet::Platform,
        Facet::StudentType,
        Facet::Access,
        Facet::Licence,
        Facet::Headquarters,
        Facet::Has,
    ];

    /// What is counted when a search does not say.
    pub const DEFAULT: [Facet; 5] = [
        Facet::Subject,
        Facet::Level,
        Facet::Device,
        Facet::Os,
        Facet::Price,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Facet::Subject => "subject",
            Facet::Level => "level",
            Facet::Device => "device",
            Facet::Os => "os",
            Facet::Price => "price",
            Facet::Type => "type",
            Facet::Language => "language",
            Facet::Strategy => "strategy",
            Facet::Platform => "platform",
            Facet::StudentType => "student_type",
            Facet::Access => "access",
            Facet::Licence => "licence",
            Facet::Headquarters => "headquarters",
            Facet::Has => "has",
        }
    }

    pub fn from_name(name: &str) -> Option<Facet> {
        Facet::ALL.into_iter().find(|facet| facet.name() == name)
    }

    /// The facet's place in a row of attributes.
    pub fn column(self) -> usize {
        self as usize
    }

    pub fn relation(self) -> Relation {
        match self {
            Facet::Level => Relation::Lineage,
            _ => Relation::Descendants,
        }
    }

    /// Whether several values of a filter must all hold; elsewhere one is enough.
    pub fn wants_all(self) -> bool {
        self == Facet::Has
    }

    /// The values a resource declares, by the rules of design section 2 (devices and systems as it runs on them).
    pub fn values<'a>(
        self,
        resource: &'a Resource,
        runs_on: &'a RunsOn,
        licences: &LicenceGroups,
    ) -> Vec<&'a str> {
        let list = |ids: &'a [TermId]| ids.iter().map(String::as_str).collect();
        let one = |id: Option<&'a TermId>| id.map(String::as_str).into_iter().collect();
        match self {
            Facet::Subject => list(&resource.subjects),
            Facet::Level => list(&resource.levels),
            Facet::Device => list(&runs_on.devices),
            Facet::Os => list(&runs_on.os),
            Facet::Price => one(resource
                .price
                .as_ref()
                .and_then(|price| price.model.as_ref())),
            Facet::Type => list(&resource.types),
            Facet::Language => list(&resource.languages),
            Facet::Strategy => list(&resource.strategies),
            Facet::Platform => list(&resource.platforms),
            Facet::StudentType => list(&resource.student_types),
            Facet::Access => one(resource.access.as_ref()),
            Facet::Licence => vec![licences.group(resource.licence.as_deref())],
            Facet::Headquarters => one(resource
                .publisher
                .as_ref()
                .and_then(|p| p.headquarters.as_ref())),
            Facet::Has => FEATURES
                .into_iter()
                .filter(|feature| resource.has(feature))
                .collect(),
        }
    }
}

/// The values of `has`.
const FEATURES: [&str; 6] = [
    "tutorial", "guide", "support", "evidence", "no-ads", "offline",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_schema::IndexSchema;

    #[test]
    fn every_facet_has_its_column_its_name_and_its_vocabulary() {
        for (place, facet) in Facet::ALL.into_iter().enumerate() {
            assert_eq!(facet.column(), place);
            assert_eq!(Facet::from_name(facet.name()), Some(facet));
            assert!(
                IndexSchema::embedded()
                    .vocabularies
                    .find(facet.name())
                    .is_some(),
                "{}",
                facet.name()
            );
        }
    }
}
