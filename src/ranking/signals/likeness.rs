//! Signals of likeness: what a resource shares with another.
//!
//! They look both ways: something that is made for every level there is resembles a resource for grade 4 less than
//! something made for grade 4 does, although it suits grade 4 as well.

use std::sync::Arc;

use super::fit::{level_affinities, sameness, subject_affinities};
use crate::domain::language::{Bilingual, Language};
use crate::domain::vocabulary::{Ordinal, Vocabularies, Vocabulary};
use crate::query::facet::Facet;
use crate::ranking::signal::{Input, Seen, Signal};
use crate::ranking::weights::FitSettings;

/// The facets in which resources resemble one another, with how that is said.
pub const FACETS: [(Facet, &Sentences); 9] = [
    (Facet::Subject, &SUBJECT),
    (Facet::Level, &LEVEL),
    (Facet::Type, &TYPE),
    (Facet::StudentType, &STUDENT_TYPE),
    (Facet::Strategy, &STRATEGY),
    (Facet::Device, &DEVICE),
    (Facet::Platform, &PLATFORM),
    (Facet::Language, &LANGUAGE),
    (Facet::Price, &PRICE),
];

/// The signal of one facet for a resource that declares these values; nothing when it declares none.
pub fn in_facet(
    facet: Facet,
    sentences: &'static Sentences,
    declared: &[Ordinal],
    settings: &FitSettings,
    vocabularies: &Vocabularies,
) -> Option<Box<dyn Signal>> {
    let vocabulary = vocabularies.share(facet.name())?;
    let affinities = |own: &Ordinal| match facet {
        Facet::Subject => subject_affinities(&vocabulary, *own, &settings.subject),
        Facet::Level => level_affinities(&vocabulary, *own, &settings.level),
        _ => sameness(&vocabulary, *own),
    };
    let affinities: Vec<Vec<f64>> = declared.iter().map(affinities).collect();
    (!affinities.is_empty()).then(|| -> Box<dyn Signal> {
        Box::new(Shared {
            facet,
            affinities,
            vocabulary,
            sentences,
        })
    })
}

/// How many of the words that tell the resource apart another one has: the share of the best match there could be.
pub struct SharedWords;

impl Signal for SharedWords {
    fn name(&self) -> &'static str {
        "text"
    }

    fn input(&self) -> Input {
        Input::Text
    }

    fn value(&self, seen: Seen) -> f64 {
        match seen {
            Seen::Text(text) => f64::from(text),
            _ => 0.0,
        }
    }

    fn sentence(&self, seen: Seen) -> Bilingual {
        // A quarter of the telling words is much: no two descriptions are written alike.
        match self.value(seen) {
            0.25.. => Bilingual::new(
                "Porte sur le même sujet : beaucoup de mots en commun.",
                "About the same thing: many words in common.",
            ),
            0.1.. => Bilingual::new(
                "Plusieurs mots importants en commun.",
                "Several significant words in common.",
            ),
            _ => Bilingual::new("Quelques mots en commun.", "A few words in common."),
        }
    }
}

/// How much the values of a facet agree: for each value the affinity of the best one on the other side, the mean of
/// both sides' means.
struct Shared {
    facet: Facet,
    /// For each value of the resource, an affinity for each term.
    affinities: Vec<Vec<f64>>,
    vocabulary: Arc<Vocabulary>,
    sentences: &'static Sentences,
}

impl Shared {
    /// How close a term comes to any of the resource's values.
    fn affinity(&self, term: Ordinal) -> f64 {
        let to_term = self.affinities.iter().map(|own| own[usize::from(term)]);
        to_term.fold(0.0, f64::max)
    }

    fn labels(&self, terms: &[Ordinal], language: Language) -> String {
        let label = |term: &Ordinal| self.vocabulary.term(*term).label.get(language);
        let named: Vec<&str> = terms.iter().take(MOST_NAMED).map(label).collect();
        let more = match (terms.len() > MOST_NAMED, language) {
            (false, _) => "",
            (true, Language::Fr) => " et autres",
            (true, Language::En) => " and others",
        };
        named.join(", ") + more
    }
}

/// How many values a sentence names.
const MOST_NAMED: usize = 3;

/// From this affinity on a value is told to be the same.
const SAME: f64 = 0.95;

impl Signal for Shared {
    fn name(&self) -> &'static str {
        self.facet.name()
    }

    fn input(&self) -> Input {
        Input::Facet(self.facet)
    }

    fn value(&self, seen: Seen) -> f64 {
        let terms = match seen {
            Seen::Terms(terms) if !terms.is_empty() => terms,
            _ => return 0.0,
        };
        let best = |own: &Vec<f64>| {
            let to_own = terms.iter().map(|term| own[usize::from(*term)]);
            to_own.fold(0.0, f64::max)
        };
        let own: f64 = self.affinities.iter().map(best).sum();
        let theirs: f64 = terms.iter().map(|term| self.affinity(*term)).sum();
        (own / self.affinities.len() as f64 + theirs / terms.len() as f64) / 2.0
    }

    fn sentence(&self, seen: Seen) -> Bilingual {
        let Sentences { fr, en } = self.sentences;
        let terms = match seen {
            Seen::Terms(terms) if !terms.is_empty() => terms,
            _ => return Bilingual::new(format!("{}.", fr.unknown), format!("{}.", en.unknown)),
        };
        let having = |least: f64| -> Vec<Ordinal> {
            let close = terms.iter().copied();
            close.filter(|term| self.affinity(*term) >= least).collect()
        };
        let (same, near) = (having(SAME), having(f64::EPSILON));
        let told = |said: &Said, language: Language, colon: &str| {
            let (what, terms) = match (same.len(), near.len()) {
                (1, _) => (said.same, same.as_slice()),
                (2.., _) => (said.same_many, same.as_slice()),
                (0, 1..) => (said.near, near.as_slice()),
                (0, 0) => (said.other, terms),
            };
            format!("{what}{colon} {}.", self.labels(terms, language))
        };
        Bilingual::new(told(fr, Language::Fr, " :"), told(en, Language::En, ":"))
    }
}

/// What is said of a facet, before the values are named.
pub struct Sentences {
    fr: Said,
    en: Said,
}

struct Said {
    same: &'static str,
    same_many: &'static str,
    near: &'static str,
    other: &'static str,
    unknown: &'static str,
}

const fn said(words: [&'static str; 5]) -> Said {
    let [same, same_many, near, other, unknown] = words;
    Said {
        same,
        same_many,
        near,
        other,
        unknown,
    }
}

const SUBJECT: Sentences = Sentences {
    fr: said([
        "Même matière",
        "Mêmes matières",
        "Matière voisine",
        "Autre matière",
        "Matière non précisée",
    ]),
    en: said([
        "Same subject",
        "Same subjects",
        "Related subject",
        "Other subject",
        "Subject not stated",
    ]),
};

const LEVEL: Sentences = Sentences {
    fr: said([
        "Même niveau",
        "Mêmes niveaux",
        "Niveau proche",
        "Autre niveau",
        "Niveau non précisé",
    ]),
    en: said([
        "Same level",
        "Same levels",
        "Neighbouring level",
        "Other level",
        "Level not stated",
    ]),
};

const TYPE: Sentences = Sentences {
    fr: said([
        "Même genre de ressource",
        "Mêmes genres de ressource",
        "Genre proche",
        "Autre genre de ressource",
        "Genre de ressource non précisé",
    ]),
    en: said([
        "Same kind of resource",
        "Same kinds of resource",
        "Related kind",
        "Other kind of resource",
        "Kind of resource not stated",
    ]),
};

const STUDENT_TYPE: Sentences = Sentences {
    fr: said([
        "Mêmes élèves visés",
        "Mêmes élèves visés",
        "Élèves visés proches",
        "Autres élèves visés",
        "Sans public particulier",
    ]),
    en: said([
        "For the same students",
        "For the same students",
        "For similar students",
        "For other students",
        "For no particular students",
    ]),
};

const STRATEGY: Sentences = Sentences {
    fr: said([
        "Même stratégie d'enseignement",
        "Mêmes stratégies d'enseignement",
        "Stratégie proche",
        "Autre stratégie d'enseignement",
        "Stratégie d'enseignement non précisée",
    ]),
    en: said([
        "Same teaching strategy",
        "Same teaching strategies",
        "Related strategy",
        "Other teaching strategy",
        "Teaching strategy not stated",
    ]),
};

const DEVICE: Sentences = Sentences {
    fr: said([
        "Fonctionne sur le même appareil",
        "Fonctionne sur les mêmes appareils",
        "Appareil proche",
        "Fonctionne sur d'autres appareils",
        "Appareils non précisés",
    ]),
    en: said([
        "Works on the same device",
        "Works on the same devices",
        "Similar device",
        "Works on other devices",
        "Devices not stated",
    ]),
};

const PLATFORM: Sentences = Sentences {
    fr: said([
        "Même intégration",
        "Mêmes intégrations",
        "Intégration proche",
        "Autre intégration",
        "Intégrations non précisées",
    ]),
    en: said([
        "Same integration",
        "Same integrations",
        "Related integration",
        "Other integration",
        "Integrations not stated",
    ]),
};

const LANGUAGE: Sentences = Sentences {
    fr: said([
        "Même langue",
        "Mêmes langues",
        "Langue proche",
        "Autre langue",
        "Langue non précisée",
    ]),
    en: said([
        "Same language",
        "Same languages",
        "Related language",
        "Other language",
        "Language not stated",
    ]),
};

const PRICE: Sentences = Sentences {
    fr: said([
        "Même modèle de prix",
        "Mêmes modèles de prix",
        "Modèle de prix proche",
        "Autre modèle de prix",
        "Prix non précisé",
    ]),
    en: said([
        "Same price model",
        "Same price models",
        "Related price model",
        "Other price model",
        "Price not stated",
    ]),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_schema::IndexSchema;
    use crate::ranking::weights::Weights;

    #[test]
    fn likeness_looks_both_ways_and_is_whole_only_among_equals() {
        let schema = IndexSchema::embedded();
        let vocabularies = &schema.vocabularies;
        let weights = Weights::parse(&schema.ranking, &schema.text_fields, vocabularies)
            .expect("the embedded weights are valid");
        let levels = vocabularies.get("level");
        let ordinals = |ids: &[&str]| -> Vec<Ordinal> {
            let known = ids.iter().map(|id| levels.ordinal(id).expect("known"));
            known.collect()
        };
        let grade_4 = "/primary/cycle-2/grade-4";
        let signal = in_facet(
            Facet::Level,
            &LEVEL,
            &ordinals(&[grade_4]),
            &weights.fit,
            vocabularies,
        );
        let signal = signal.expect("a level is declared");
        let value = |ids: &[&str]| signal.value(Seen::Terms(&ordinals(ids)));
        assert_eq!(value(&[grade_4]), 1.0);
        let (wide, cycle, far) = (
            value(&[grade_4, "/university"]),
            value(&["/primary/cycle-2"]),
            value(&["/university"]),
        );
        assert!(1.0 > cycle && cycle > wide && wide > far && far == 0.0);
        assert_eq!(signal.value(Seen::Terms(&[])), 0.0);
        let told = signal.sentence(Seen::Terms(&ordinals(&["/primary/cycle-2"])));
        assert_eq!(told.fr, "Niveau proche : 2e cycle du primaire.");
    }
}
