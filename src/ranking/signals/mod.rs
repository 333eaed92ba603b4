//! The signals, each in the file of what it looks at.

mod fit;
pub(super) mod likeness;
mod merit;
mod price;
mod words;

use jiff::civil::Date;

use super::signal::Signal;
use super::weights::Weights;
use crate::domain::language::Language;
use crate::domain::profile::Profile;
use crate::domain::vocabulary::Vocabularies;
use crate::query::understanding::Understood;

/// The signals that look at the resource and the question alone.
pub fn neutral(weights: &Weights, language: Language, today: Date) -> Vec<Box<dyn Signal>> {
    let mut signals: Vec<Box<dyn Signal>> = vec![
        Box::new(words::TextMatch),
        Box::new(words::Proximity),
        Box::new(words::ReadingLanguage(language)),
    ];
    signals.extend(merit::all(&weights.fit.freshness, today));
    signals
}

/// The signals that what was understood of the question adds: one for each of subject, type and need that it names.
pub fn of_question(
    understood: &Understood,
    weights: &Weights,
    vocabularies: &Vocabularies,
) -> Vec<Box<dyn Signal>> {
    fit::asked(understood, &weights.fit, vocabularies)
}

/// The signals that an asker's profile adds: one for each attribute it has.
pub fn of_profile(
    profile: &Profile,
    weights: &Weights,
    vocabularies: &Vocabularies,
) -> Vec<Box<dyn Signal>> {
    let mut signals = fit::all(profile, &weights.fit, vocabularies);
    if let Some(budget) = profile.budget_cents {
        signals.push(Box::new(price::Budget::new(
            budget,
            weights.fit.budget.unknown,
        )));
    }
    signals
}
