//! How much each reason counts: the content of `index-schema/ranking.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{signal, similar};
use crate::domain::vocabulary::Vocabularies;
use crate::query::text_field::{TextFields, TextScoring};

/// Everything ranking weighs, checked: every signal has a weight, every number is in its range.
#[derive(Debug, Clone)]
pub struct Weights {
    by_signal: BTreeMap<String, f64>,
    pub text: TextScoring,
    pub fit: FitSettings,
    /// What it weighs to share words, or the values of a facet, with a resource.
    pub similar: BTreeMap<String, f64>,
    pub gate: GateSettings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RankingFile {
    weights: BTreeMap<String, f64>,
    text: TextSection,
    fit: FitSettings,
    similar: BTreeMap<String, f64>,
    #[serde(default)]
    gate: GateSettings,
}

/// How much a reindex may lose on judged questions.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateSettings {
    /// Of mean nDCG@10, between 0 and 1.
    pub budget: f64,
}

impl Default for GateSettings {
    fn default() -> Self {
        GateSettings { budget: 0.01 }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextSection {
    document_length: f32,
    saturation: f32,
    exactness: f32,
    prefix: f32,
    synonym: f32,
    translation: f32,
    fields: BTreeMap<String, FieldSection>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldSection {
    weight: f32,
    length: f32,
}

/// What the fit signals are worth between "not at all" and "exactly".
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitSettings {
    pub subject: SubjectFit,
    pub level: LevelFit,
    pub student_type: PlainFit,
    pub asked_type: PlainFit,
    pub device: PlainFit,
    pub os: PlainFit,
    pub platform: PlainFit,
    pub language: PlainFit,
    pub budget: BudgetFit,
    pub freshness: Freshness,
    pub role: RoleFit,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlainFit {
    /// The value when the record does not say.
    pub unknown: f64,
    /// How much suiting all of several declared values matters, 0 to 1.
    pub breadth: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectFit {
    pub unknown: f64,
    pub breadth: f64,
    pub broader: f64,
    pub sibling: f64,
    pub area: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelFit {
    pub unknown: f64,
    pub breadth: f64,
    pub cycle: f64,
    pub order: f64,
    pub part: f64,
    pub neighbour: f64,
    pub second_neighbour: f64,
    pub passage: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetFit {
    pub unknown: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Freshness {
    pub half_life_months: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleFit {
    pub unknown: f64,
    /// Role to type to value.
    pub types: BTreeMap<String, BTreeMap<String, f64>>,
}

impl Weights {
    /// Reads the file and checks it against the signals, the groups of texts and the vocabularies.
    ///
    /// # Errors
    /// One sentence that names the entry and what is wrong with it.
    pub fn parse(
        file: &str,
        text_fields: &TextFields,
        vocabularies: &Vocabularies,
    ) -> Result<Weights, String> {
        let file: RankingFile = toml::from_str(file).map_err(|error| error.to_string())?;
        for name in signal::NAMES {
            let weight = file
                .weights
                .get(name)
                .ok_or_else(|| format!("[weights] lacks {name}"))?;
            if !(0.0..=1000.0).contains(weight) {
                return Err(format!(
                    "[weights] {name} is {weight}; a weight is between 0 and 1000"
                ));
            }
        }
        if let Some(unknown) = file
            .weights
            .keys()
            .find(|name| !signal::NAMES.contains(&name.as_str()))
        {
            return Err(format!(
                "[weights] {unknown} is no signal; there are {}",
                signal::NAMES.join(", ")
            ));
        }
        check_roles(&file.fit.role, vocabularies)?;
        similar::check(&file.similar)?;
        if !(0.0..=1.0).contains(&file.gate.budget) {
            return Err("[gate] budget is between 0 and 1".into());
        }
        Ok(Weights {
            text: text_scoring(file.text, text_fields)?,
            by_signal: file.weights,
            fit: file.fit,
            similar: file.similar,
            gate: file.gate,
        })
    }

    /// The weight of a signal.
    pub fn of(&self, signal: &str) -> f64 {
        self.by_signal
            .get(signal)
            .copied()
            .expect("every signal's weight is checked when the file is read")
    }
}

fn text_scoring(section: TextSection, text_fields: &TextFields) -> Result<TextScoring, String> {
    let TextSection {
        document_length,
        saturation,
        exactness,
        prefix,
        synonym,
        translation,
        fields,
    } = section;
    if !(saturation > 0.0 && saturation < 100.0 && (0.0..=10.0).contains(&exactness)) {
        return Err(
            "[text] saturation is above 0 and below 100, exactness between 0 and 10".into(),
        );
    }
    if ![document_length, prefix, synonym, translation]
        .iter()
        .all(|share| (0.0..=1.0).contains(share))
    {
        return Err(
            "[text] document_length, prefix, synonym and translation are between 0 and 1".into(),
        );
    }
    let (weights, length) = (Vec::new(), Vec::new());
    let mut scoring = TextScoring {
        weights,
        length,
        document_length,
        saturation,
        exactness,
        prefix,
        synonym,
        translation,
    };
    for group in &text_fields.groups {
        let field = fields
            .get(&group.name)
            .ok_or_else(|| format!("[text.fields] lacks {}", group.name))?;
        if !(0.0..=1000.0).contains(&field.weight) || !(0.0..=1.0).contains(&field.length) {
            return Err(format!(
                "[text.fields.{}] weight is between 0 and 1000, length between 0 and 1",
                group.name
            ));
        }
        scoring.weights.push(field.weight);
        scoring.length.push(field.length);
    }
    Ok(scoring)
}

fn check_roles(fit: &RoleFit, vocabularies: &Vocabularies) -> Result<(), String> {
    for (role, types) in &fit.types {
        if vocabularies.get("role").ordinal(role).is_none() {
            return Err(format!(
                "[fit.role.types.{role}] is no role of the vocabulary"
            ));
        }
        if let Some(unknown) = types
            .keys()
            .find(|id| vocabularies.get("type").ordinal(id).is_none())
        {
            return Err(format!(
                "[fit.role.types.{role}] {unknown} is no type of the vocabulary"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_schema::IndexSchema;

    fn parse(file: &str) -> Result<Weights, String> {
        let schema = IndexSchema::embedded();
        Weights::parse(file, &schema.text_fields, &schema.vocabularies)
    }

    #[test]
    fn a_missing_an_unknown_or_an_impossible_weight_is_named() {
        let file = &IndexSchema::embedded().ranking;
        assert!(parse(file).is_ok());
        assert!(
            parse(&file.replace("subject = 1.8", ""))
                .unwrap_err()
                .contains("subject")
        );
        assert!(
            parse(&file.replace("text = 10.0", "text = 10.0\nsponsor = 1.0"))
                .unwrap_err()
                .contains("sponsor")
        );
        assert!(
            parse(&file.replace("price = 0.2", "colour = 0.2"))
                .unwrap_err()
                .contains("[similar] lacks price")
        );
        assert!(
            parse(&file.replace("text = 10.0", "text = -1.0"))
                .unwrap_err()
                .contains("text")
        );
    }
}
