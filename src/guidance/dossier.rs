//! What a dossier says of a finalist besides the comparison: whether it meets each wish, what has to be asked before a
//! decision, and how old its facts are.

use super::comparison::{Compared, Compares};
use super::facts;
use crate::domain::language::Bilingual;
use crate::domain::profile::Profile;
use crate::domain::resource::{Resource, TermId};
use crate::domain::typography::{listed, short_money};
use crate::domain::vocabulary::Vocabularies;
use crate::query::attributes::{Row, Sets};
use crate::query::facet::Facet;
use crate::query::need::Limit;

/// Something to ask the publisher, because the record does not say it.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenQuestion {
    /// The fact, by the name it has in a comparison.
    pub fact: &'static str,
    pub text: Bilingual,
}

/// When a fact was last checked, or the record last changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Dated {
    /// The field of the record.
    pub field: String,
    pub label: Bilingual,
    pub date: String,
}

/// What the asker told of the class, each part with its name in a profile.
pub fn situation(profile: &Profile, vocabularies: &Vocabularies) -> Vec<(&'static str, Bilingual)> {
    let role = profile.role.as_slice();
    let told = [
        ("role", ["Rôle", "Role"], role),
        ("subject", ["Matières", "Subjects"], &profile.subjects),
        ("level", ["Niveaux", "Levels"], &profile.levels),
        (
            "student_type",
            ["Élèves", "Students"],
            &profile.student_types,
        ),
        ("device", ["Appareils", "Devices"], &profile.devices),
        ("os", ["Systèmes", "Systems"], &profile.os),
        ("platform", ["Plateformes", "Platforms"], &profile.platforms),
        ("language", ["Langues", "Languages"], &profile.languages),
    ];
    let line = |(name, [fr, en], ids): (&'static str, [&str; 2], &[TermId])| {
        let vocabulary = vocabularies.get(name);
        let all = listed(ids.iter().filter_map(|id| vocabulary.label(id)));
        let text = Bilingual::new(format!("{fr} : {}", all.fr), format!("{en}: {}", all.en));
        (!all.fr.is_empty()).then_some((name, text))
    };
    let mut lines: Vec<_> = told.into_iter().filter_map(line).collect();
    lines.extend(profile.budget_cents.map(|cents| {
        let Bilingual { fr, en } = short_money(cents);
        let text = Bilingual::new(format!("Budget : {fr}"), format!("Budget: {en}"));
        ("budget", text)
    }));
    lines
}

/// What has to be asked of one resource.
pub fn open_questions(compares: &Compares, one: &Compared) -> Vec<OpenQuestion> {
    let unknown = facts::ALL.iter().filter_map(|fact| {
        let [fr, en] = fact.ask?;
        let known = (fact.read)(compares, one).text.is_some();
        (!known).then(|| OpenQuestion {
            fact: fact.name,
            text: Bilingual::new(fr, en),
        })
    });
    let mut open: Vec<OpenQuestion> = unknown.collect();
    // Who asks for the price asks for that of a year as well.
    if open.iter().any(|question| question.fact == "year") {
        open.retain(|question| question.fact != "price");
    }
    open
}

/// The dates of a resource's facts, the oldest first; that of the record itself last.
pub fn dates(resource: &Resource) -> Vec<Dated> {
    let dated = |field: &str, date: &String| Dated {
        label: label(field),
        field: field.to_owned(),
        date: date.clone(),
    };
    let verified = resource.verified.iter();
    let mut dates: Vec<Dated> = verified.map(|(field, date)| dated(field, date)).collect();
    dates.sort_by(|one, other| (&one.date, &one.field).cmp(&(&other.date, &other.field)));
    let updated = resource.updated_at.as_ref();
    dates.extend(updated.map(|date| dated("updated_at", date)));
    dates
}

/// What a field of the record is called; a field that no fact is read from keeps its name.
fn label(field: &str) -> Bilingual {
    let [fr, en] = match field {
        "support" => ["Soutien et guides", "Support and guides"],
        "privacy" => ["Vie privée", "Privacy"],
        "internet" => ["Connexion Internet", "Internet connection"],
        "publisher" => ["Éditeur", "Publisher"],
        _ => match facts::ALL.iter().find(|fact| fact.field == field) {
            Some(fact) => fact.label,
            None => [field, field],
        },
    };
    Bilingual::new(fr, en)
}

/// Whether a resource meets a wish; nothing when its record does not say.
pub fn meets(
    limit: &Limit,
    resource: &Resource,
    row: &Row,
    sets: &Sets,
    vocabularies: &Vocabularies,
) -> Option<bool> {
    let passes = limit.passes(row, sets);
    let is_known = match limit {
        Limit::MaxCost(_) => row.cost_cents().is_some(),
        Limit::Facet(Facet::Has, values) => {
            let vocabulary = vocabularies.get(Facet::Has.name());
            let mut features = values.iter().map(|value| &vocabulary.term(*value).id);
            features.all(|feature| has_known(resource, feature))
        }
        Limit::Facet(facet, _) => !sets.declared(*facet, row.set(*facet)).is_empty(),
    };
    (passes || is_known).then_some(passes)
}

/// Whether the record says yes or no to a value of `has`.
fn has_known(resource: &Resource, feature: &str) -> bool {
    let support = resource.support.unwrap_or_default();
    match feature {
        "tutorial" => support.tutorial.is_some(),
        "guide" => support.guide.is_some(),
        "support" => support.technical_support.is_some(),
        "no-ads" => resource.advertising.is_some(),
        "offline" => resource.internet.is_some(),
        _ => false,
    }
}
