//! Signals of fit: how well a resource suits the declared situation.
//!
//! All of them work alike. For each value the asker declared, every term of the vocabulary has an affinity between 0 and
//! 1; a record's value is that of its best term for each declared value, the best and the mean of these mixed by
//! `breadth`. What differs is only where the affinities come from: sameness, the tree of subjects, the ladder of levels, or
//! what a role looks for. What the question names fits as what a profile declares does.

use std::sync::Arc;

use crate::domain::language::Bilingual;
use crate::domain::profile::Profile;
use crate::domain::resource::TermId;
use crate::domain::vocabulary::{Ordinal, Vocabularies, Vocabulary};
use crate::query::facet::Facet;
use crate::query::understanding::Understood;
use crate::ranking::signal::{Input, Seen, Signal};
use crate::ranking::weights::{FitSettings, LevelFit, PlainFit, RoleFit, SubjectFit};

/// The fit signals of a profile: one for each attribute that it has.
pub fn all(
    profile: &Profile,
    settings: &FitSettings,
    vocabularies: &Vocabularies,
) -> Vec<Box<dyn Signal>> {
    let mut signals: Vec<Box<dyn Signal>> = Vec::new();
    let mut add = |facet: Facet,
                   ids: &[TermId],
                   unknown_breadth: (f64, f64),
                   phrases,
                   affinities: &dyn Fn(&Vocabulary, Ordinal) -> Vec<f64>| {
        let Some(vocabulary) = vocabularies.share(facet.name()) else {
            return;
        };
        let mine: Vec<Ordinal> = ids.iter().filter_map(|id| vocabulary.ordinal(id)).collect();
        if !mine.is_empty() {
            let affinities = mine
                .iter()
                .map(|value| affinities(&vocabulary, *value))
                .collect();
            let labels = mine
                .iter()
                .map(|value| vocabulary.term(*value).label.clone())
                .collect();
            let (unknown, breadth) = unknown_breadth;
            signals.push(Box::new(Fit {
                name: facet.name(),
                facet,
                mine: labels,
                values: mine,
                affinities,
                theirs: Arc::clone(&vocabulary),
                unknown,
                breadth,
                phrases,
            }));
        }
    };
    let plain = |fit: &PlainFit| (fit.unknown, fit.breadth);
    let FitSettings { subject, level, .. } = settings;
    add(
        Facet::Subject,
        &profile.subjects,
        (subject.unknown, subject.breadth),
        &SUBJECT,
        &|vocabulary, mine| subject_affinities(vocabulary, mine, subject),
    );
    add(
        Facet::Level,
        &profile.levels,
        (level.unknown, level.breadth),
        &LEVEL,
        &|vocabulary, mine| level_affinities(vocabulary, mine, level),
    );
    for (facet, ids, fit, phrases) in [
        (
            Facet::StudentType,
            &profile.student_types,
            &settings.student_type,
            &STUDENT_TYPE,
        ),
        (Facet::Device, &profile.devices, &settings.device, &DEVICE),
        (Facet::Os, &profile.os, &settings.os, &OS),
        (
            Facet::Platform,
            &profile.platforms,
            &settings.platform,
            &PLATFORM,
        ),
        (
            Facet::Language,
            &profile.languages,
            &settings.language,
            &LANGUAGE,
        ),
    ] {
        add(facet, ids, plain(fit), phrases, &|vocabulary, mine| {
            sameness(vocabulary, mine)
        });
    }
    signals.extend(
        profile
            .role
            .as_ref()
            .and_then(|role| role_fit(role, &settings.role, vocabularies)),
    );
    signals
}

/// The fit signals of what a question names: whether it comes from the text or from a profile, a subject fits alike.
pub fn asked(
    understood: &Understood,
    settings: &FitSettings,
    vocabularies: &Vocabularies,
) -> Vec<Box<dyn Signal>> {
    let FitSettings {
        subject,
        student_type: need,
        asked_type,
        ..
    } = settings;
    let mut signals: Vec<Box<dyn Signal>> = Vec::new();
    let mut add = |name, facet: Facet, (unknown, breadth), phrases, affinities: &Affinities| {
        let values = understood.values(facet);
        if let Some(theirs) = vocabularies.share(facet.name())
            && !values.is_empty()
        {
            let label = |value: &Ordinal| theirs.term(*value).label.clone();
            signals.push(Box::new(Fit {
                name,
                facet,
                mine: values.iter().map(label).collect(),
                values: values.clone(),
                affinities: values
                    .iter()
                    .map(|value| affinities(&theirs, *value))
                    .collect(),
                theirs,
                unknown,
                breadth,
                phrases,
            }));
        }
    };
    add(
        "asked_subject",
        Facet::Subject,
        (subject.unknown, subject.breadth),
        &ASKED_SUBJECT,
        &|vocabulary, asked| subject_affinities(vocabulary, asked, subject),
    );
    for (name, facet, fit, phrases) in [
        ("asked_type", Facet::Type, asked_type, &ASKED_TYPE),
        ("asked_need", Facet::StudentType, need, &ASKED_NEED),
    ] {
        add(name, facet, (fit.unknown, fit.breadth), phrases, &sameness);
    }
    signals
}

/// For a declared value, an affinity for each term of its vocabulary.
type Affinities<'a> = dyn Fn(&Vocabulary, Ordinal) -> Vec<f64> + 'a;

struct Fit {
    name: &'static str,
    facet: Facet,
    /// The labels of the declared values.
    mine: Vec<Bilingual>,
    /// The declared values, where they are of the record's vocabulary.
    values: Vec<Ordinal>,
    /// For each declared value, an affinity for each term of the vocabulary.
    affinities: Vec<Vec<f64>>,
    /// The vocabulary of the facet.
    theirs: Arc<Vocabulary>,
    unknown: f64,
    breadth: f64,
    phrases: &'static Phrases,
}

impl Fit {
    /// For a declared value, the affinity of the record's best term, and that term.
    fn best(&self, mine: usize, terms: &[Ordinal]) -> (f64, Ordinal) {
        let affinities = &self.affinities[mine];
        let best = terms
            .iter()
            .map(|term| (affinities[usize::from(*term)], *term));
        best.fold(
            (0.0, terms[0]),
            |best, other| if other.0 > best.0 { other } else { best },
        )
    }

    /// How a term of the record is told that is not quite the declared value: it may include that, or be a part of it.
    fn near(&self, mine: usize, term: Ordinal) -> &Phrase {
        let kin = self.phrases.kin.as_ref().zip(self.values.get(mine));
        match kin {
            Some((kin, mine)) if self.theirs.is_within(*mine, term) => &kin.whole,
            Some((kin, mine)) if self.theirs.is_within(term, *mine) => &kin.part,
            _ => &self.phrases.near,
        }
    }
}

impl Signal for Fit {
    fn name(&self) -> &'static str {
        self.name
    }

    fn input(&self) -> Input {
        Input::Facet(self.facet)
    }

    fn value(&self, seen: Seen) -> f64 {
        let Seen::Terms(terms) = seen else { return 0.0 };
        if terms.is_empty() {
            return self.unknown;
        }
        let values = (0..self.mine.len()).map(|mine| self.best(mine, terms).0);
        let (best, sum) = values.fold((0.0_f64, 0.0), |(best, sum), value| {
            (best.max(value), sum + value)
        });
        (1.0 - self.breadth) * best + self.breadth * sum / self.mine.len() as f64
    }

    fn sentence(&self, seen: Seen) -> Bilingual {
        let terms = match seen {
            Seen::Terms(terms) if !terms.is_empty() => terms,
            _ => return self.phrases.unknown.fill("", ""),
        };
        let candidates = (0..self.mine.len()).map(|mine| (self.best(mine, terms), mine));
        let ((affinity, term), mine) = candidates.fold(((-1.0, 0), 0), |best, other| {
            if other.0.0 > best.0.0 { other } else { best }
        });
        let phrase = match affinity {
            0.95.. => &self.phrases.exact,
            affinity if affinity > 0.0 => self.near(mine, term),
            _ => &self.phrases.none,
        };
        let (mine, theirs) = (&self.mine[mine], &self.theirs.term(term).label);
        Bilingual::new(
            fill(phrase.fr, &mine.fr, &theirs.fr),
            fill(phrase.en, &mine.en, &theirs.en),
        )
    }
}

/// The sentences of a fit signal; `{mine}` is the asker's value, `{theirs}` the record's.
struct Phrases {
    exact: Phrase,
    near: Phrase,
    none: Phrase,
    unknown: Phrase,
    /// What is told instead of `near` in a hierarchy.
    kin: Option<Kin>,
}

/// The record's value includes the asker's, or is a part of it.
struct Kin {
    whole: Phrase,
    part: Phrase,
}

struct Phrase {
    fr: &'static str,
    en: &'static str,
}

impl Phrase {
    fn fill(&self, mine: &str, theirs: &str) -> Bilingual {
        Bilingual::new(fill(self.fr, mine, theirs), fill(self.en, mine, theirs))
    }
}

/// The phrase with its places filled, in one allocation: a page has hundreds of sentences.
fn fill(phrase: &str, mine: &str, theirs: &str) -> String {
    let mut filled = String::with_capacity(phrase.len() + mine.len() + theirs.len());
    let mut rest = phrase;
    while let Some((before, place)) = rest.split_once('{') {
        let (name, after) = place.split_once('}').expect("a phrase closes its places");
        filled.push_str(before);
        filled.push_str(if name == "mine" { mine } else { theirs });
        rest = after;
    }
    filled.push_str(rest);
    filled
}

const SUBJECT_KIN: Kin = Kin {
    whole: Phrase {
        fr: "Matière : {theirs}, qui comprend {mine}.",
        en: "Subject: {theirs}, which includes {mine}.",
    },
    part: Phrase {
        fr: "Matière : {theirs}, une partie de {mine}.",
        en: "Subject: {theirs}, a part of {mine}.",
    },
};

const SUBJECT: Phrases = Phrases {
    exact: Phrase {
        fr: "Porte sur votre matière : {mine}.",
        en: "About your subject: {mine}.",
    },
    near: Phrase {
        fr: "Matière : {theirs}, proche de {mine}.",
        en: "Subject: {theirs}, close to {mine}.",
    },
    none: Phrase {
        fr: "Ne porte pas sur vos matières.",
        en: "Not about your subjects.",
    },
    unknown: Phrase {
        fr: "Matière non précisée.",
        en: "Subject not stated.",
    },
    kin: Some(SUBJECT_KIN),
};

const LEVEL: Phrases = Phrases {
    exact: Phrase {
        fr: "Convient à votre niveau : {mine}.",
        en: "Suits your level: {mine}.",
    },
    near: Phrase {
        fr: "Niveau visé : {theirs}, proche de {mine}.",
        en: "Intended level: {theirs}, close to {mine}.",
    },
    none: Phrase {
        fr: "Conçue pour d'autres niveaux que les vôtres.",
        en: "Made for other levels than yours.",
    },
    unknown: Phrase {
        fr: "Niveau non précisé.",
        en: "Level not stated.",
    },
    kin: Some(Kin {
        whole: Phrase {
            fr: "Niveau visé : {theirs} (comprend {mine}).",
            en: "Intended level: {theirs} (includes {mine}).",
        },
        part: Phrase {
            fr: "Niveau visé : {theirs} (dans {mine}).",
            en: "Intended level: {theirs} (part of {mine}).",
        },
    }),
};

const STUDENT_TYPE: Phrases = Phrases {
    exact: Phrase {
        fr: "Pensée pour vos élèves : {mine}.",
        en: "Designed for your students: {mine}.",
    },
    near: Phrase {
        fr: "Public visé : {theirs}, proche de {mine}.",
        en: "Intended for: {theirs}, close to {mine}.",
    },
    none: Phrase {
        fr: "Pensée pour d'autres types d'élèves.",
        en: "Designed for other types of students.",
    },
    unknown: Phrase {
        fr: "Sans public particulier.",
        en: "For no particular type of students.",
    },
    kin: None,
};

const DEVICE: Phrases = Phrases {
    exact: Phrase {
        fr: "Fonctionne sur vos appareils : {mine}.",
        en: "Works on your devices: {mine}.",
    },
    near: Phrase {
        fr: "Fonctionne sur {theirs}.",
        en: "Works on {theirs}.",
    },
    none: Phrase {
        fr: "Ne fonctionne pas sur vos appareils.",
        en: "Does not work on your devices.",
    },
    unknown: Phrase {
        fr: "Appareils non précisés.",
        en: "Devices not stated.",
    },
    kin: None,
};

const OS: Phrases = Phrases {
    exact: Phrase {
        fr: "Fonctionne avec {mine}.",
        en: "Works with {mine}.",
    },
    near: Phrase {
        fr: "Fonctionne avec {theirs}.",
        en: "Works with {theirs}.",
    },
    none: Phrase {
        fr: "Ne fonctionne pas avec vos systèmes.",
        en: "Does not work with your systems.",
    },
    unknown: Phrase {
        fr: "Systèmes non précisés.",
        en: "Systems not stated.",
    },
    kin: None,
};

const PLATFORM: Phrases = Phrases {
    exact: Phrase {
        fr: "S'intègre à {mine}.",
        en: "Integrates with {mine}.",
    },
    near: Phrase {
        fr: "S'intègre à {theirs}.",
        en: "Integrates with {theirs}.",
    },
    none: Phrase {
        fr: "Ne s'intègre pas à vos plateformes.",
        en: "Does not integrate with your platforms.",
    },
    unknown: Phrase {
        fr: "Intégrations non précisées.",
        en: "Integrations not stated.",
    },
    kin: None,
};

const LANGUAGE: Phrases = Phrases {
    exact: Phrase {
        fr: "Existe dans votre langue : {mine}.",
        en: "Exists in your language: {mine}.",
    },
    near: Phrase {
        fr: "Langue : {theirs}.",
        en: "Language: {theirs}.",
    },
    none: Phrase {
        fr: "N'existe pas dans vos langues.",
        en: "Does not exist in your languages.",
    },
    unknown: Phrase {
        fr: "Langue non précisée.",
        en: "Language not stated.",
    },
    kin: None,
};

const ASKED_SUBJECT: Phrases = Phrases {
    exact: Phrase {
        fr: "Porte sur la matière que vous cherchez : {mine}.",
        en: "About the subject you are looking for: {mine}.",
    },
    near: Phrase {
        fr: "Matière : {theirs}, proche de celle que vous cherchez : {mine}.",
        en: "Subject: {theirs}, close to the one you are looking for: {mine}.",
    },
    none: Phrase {
        fr: "Ne porte pas sur la matière que vous cherchez.",
        en: "Not about the subject you are looking for.",
    },
    unknown: Phrase {
        fr: "Matière non précisée.",
        en: "Subject not stated.",
    },
    kin: Some(SUBJECT_KIN),
};

const ASKED_TYPE: Phrases = Phrases {
    exact: Phrase {
        fr: "Le genre de ressource que vous cherchez : {mine}.",
        en: "The kind of resource you are looking for: {mine}.",
    },
    near: Phrase {
        fr: "Un genre de ressource proche de celui que vous cherchez : {theirs}.",
        en: "A kind of resource close to the one you are looking for: {theirs}.",
    },
    none: Phrase {
        fr: "Pas le genre de ressource que vous cherchez.",
        en: "Not the kind of resource you are looking for.",
    },
    unknown: Phrase {
        fr: "Genre de ressource non précisé.",
        en: "Kind of resource not stated.",
    },
    kin: None,
};

const ASKED_NEED: Phrases = Phrases {
    exact: Phrase {
        fr: "Convient aux élèves dont vous parlez : {mine}.",
        en: "Suits the students you speak of: {mine}.",
    },
    near: Phrase {
        fr: "Convient à des élèves proches de ceux dont vous parlez : {theirs}.",
        en: "Suits students close to those you speak of: {theirs}.",
    },
    none: Phrase {
        fr: "Ne mentionne pas les élèves dont vous parlez.",
        en: "Does not mention the students you speak of.",
    },
    unknown: Phrase {
        fr: "Élèves visés non précisés.",
        en: "Intended students not stated.",
    },
    kin: None,
};

const ROLE: Phrases = Phrases {
    exact: Phrase {
        fr: "Le genre de ressource que cherche votre rôle : {theirs}.",
        en: "The kind of resource your role looks for: {theirs}.",
    },
    near: Phrase {
        fr: "Un genre de ressource utile à votre rôle : {theirs}.",
        en: "A kind of resource useful to your role: {theirs}.",
    },
    none: Phrase {
        fr: "Pas le genre de ressource que cherche d'abord votre rôle.",
        en: "Not the kind of resource your role looks for first.",
    },
    unknown: Phrase {
        fr: "Genre de ressource non précisé.",
        en: "Kind of resource not stated.",
    },
    kin: None,
};

fn ordinals(vocabulary: &Vocabulary) -> impl Iterator<Item = Ordinal> {
    0..vocabulary.terms().len() as Ordinal
}

/// 1 for the value itself and what lies below it.
pub(super) fn sameness(vocabulary: &Vocabulary, mine: Ordinal) -> Vec<f64> {
    ordinals(vocabulary)
        .map(|term| f64::from(vocabulary.is_within(term, mine)))
        .collect()
}

/// What lies within the subject fits wholly; what is broader, beside it or in its area fits less.
pub(super) fn subject_affinities(
    vocabulary: &Vocabulary,
    mine: Ordinal,
    fit: &SubjectFit,
) -> Vec<f64> {
    let area = |term| vocabulary.lineage(term).last();
    let affinity = |term: Ordinal| {
        if vocabulary.is_within(term, mine) {
            1.0
        } else if vocabulary.is_within(mine, term) && vocabulary.parent(term).is_some() {
            fit.broader
        } else if vocabulary.is_within(mine, term) {
            fit.broader * 0.5
        } else if vocabulary.parent(term) == vocabulary.parent(mine)
            && vocabulary
                .parent(mine)
                .is_some_and(|p| vocabulary.parent(p).is_some())
        {
            fit.sibling
        } else if area(term) == area(mine) {
            fit.area
        } else {
            0.0
        }
    };
    ordinals(vocabulary).map(affinity).collect()
}

/// The level itself fits wholly; a record for a part of it, for its cycle or its order, or for a neighbouring grade fits less.
pub(super) fn level_affinities(vocabulary: &Vocabulary, mine: Ordinal, fit: &LevelFit) -> Vec<f64> {
    let grades: Vec<Ordinal> = ordinals(vocabulary)
        .filter(|term| is_grade(vocabulary, *term))
        .collect();
    let place = |term| grades.iter().position(|grade| *grade == term);
    let affinity = |term: Ordinal| {
        if term == mine {
            return 1.0;
        }
        if vocabulary.is_within(mine, term) {
            return if vocabulary.parent(term).is_some() {
                fit.cycle
            } else {
                fit.order
            };
        }
        if vocabulary.is_within(term, mine) {
            return fit.part;
        }
        let (Some(one), Some(other)) = (place(mine), place(term)) else {
            return 0.0;
        };
        let same_order = vocabulary.lineage(mine).last() == vocabulary.lineage(term).last();
        match (one.abs_diff(other), same_order) {
            (1, true) => fit.neighbour,
            (2, true) => fit.second_neighbour,
            (1, false) => fit.passage,
            _ => 0.0,
        }
    };
    ordinals(vocabulary).map(affinity).collect()
}

/// A rung of the ladder that pupils climb year by year, from preschool to the end of secondary school.
fn is_grade(vocabulary: &Vocabulary, term: Ordinal) -> bool {
    let id = &vocabulary.term(term).id;
    let year_by_year = ["/preschool/", "/primary/cycle", "/secondary/cycle"]
        .iter()
        .any(|start| id.starts_with(start));
    year_by_year && !vocabulary.has_children(term)
}

fn role_fit(role: &str, fit: &RoleFit, vocabularies: &Vocabularies) -> Option<Box<dyn Signal>> {
    let types = vocabularies.share("type")?;
    let wanted = fit.types.get(role)?;
    let affinities = types
        .terms()
        .iter()
        .map(|term| wanted.get(&term.id).copied().unwrap_or(0.0))
        .collect();
    let mine = vec![vocabularies.get("role").label(role)?.clone()];
    Some(Box::new(Fit {
        name: "role",
        facet: Facet::Type,
        mine,
        values: Vec::new(),
        affinities: vec![affinities],
        theirs: types,
        unknown: fit.unknown,
        breadth: 0.0,
        phrases: &ROLE,
    }))
}
