//! Signals of fit: how well a resource suits the declared situation.
//!
//! All of them work alike. For each value the asker declared, every term of the vocabulary has an affinity between 0 and
//! 1; a record's value is that of its best term for each declared value, the best and the mean of these mixed by
//! `breadth`. What differs is only where the affinities come from: sameness, the tree of subjects, the ladder of levels, or
//! what a role looks for. What the question names fits as what a profile declares does.

mod phrases;

use std::sync::Arc;

use crate::domain::language::Bilingual;
use crate::domain::profile::Profile;
use crate::domain::resource::TermId;
use crate::domain::vocabulary::{Ordinal, Vocabularies, Vocabulary};
use crate::query::facet::Facet;
use crate::query::understanding::Understood;
use crate::ranking::signal::{Input, Seen, Signal};
use crate::ranking::weights::{FitSettings, LevelFit, PlainFit, RoleFit, SubjectFit};
use phrases::{Phrase, Phrases};

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
        &phrases::SUBJECT,
        &|vocabulary, mine| subject_affinities(vocabulary, mine, subject),
    );
    add(
        Facet::Level,
        &profile.levels,
        (level.unknown, level.breadth),
        &phrases::LEVEL,
        &|vocabulary, mine| level_affinities(vocabulary, mine, level),
    );
    for (facet, ids, fit, phrases) in [
        (
            Facet::StudentType,
            &profile.student_types,
            &settings.student_type,
            &phrases::STUDENT_TYPE,
        ),
        (
            Facet::Device,
            &profile.devices,
            &settings.device,
            &phrases::DEVICE,
        ),
        (Facet::Os, &profile.os, &settings.os, &phrases::OS),
        (
            Facet::Platform,
            &profile.platforms,
            &settings.platform,
            &phrases::PLATFORM,
        ),
        (
            Facet::Language,
            &profile.languages,
            &settings.language,
            &phrases::LANGUAGE,
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
        &phrases::ASKED_SUBJECT,
        &|vocabulary, asked| subject_affinities(vocabulary, asked, subject),
    );
    for (name, facet, fit, phrases) in [
        ("asked_type", Facet::Type, asked_type, &phrases::ASKED_TYPE),
        ("asked_need", Facet::StudentType, need, &phrases::ASKED_NEED),
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

    /// Each further value of a record fits as well as those before, or better.
    fn most(&self, values: &[Ordinal]) -> f64 {
        self.unknown.max(self.value(Seen::Terms(values)))
    }

    fn sentence(&self, seen: Seen) -> Bilingual {
        let terms = match seen {
            Seen::Terms(terms) if !terms.is_empty() => terms,
            _ => return self.phrases.unknown.text(),
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
        phrase.fill(mine, theirs)
    }
}

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
        phrases: &phrases::ROLE,
    }))
}
