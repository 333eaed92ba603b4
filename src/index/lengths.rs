//! What lengths make of words: an occurrence in a short text says more than one in a long text.

use std::sync::Arc;

use tantivy::DocId;
use tantivy::fieldnorm::FieldNormReader;

use super::segment::{Columns, TextLength};
use crate::domain::language::Language;
use crate::query::text_field::TextScoring;

/// What lengths make of occurrences, for each group of texts in each language.
pub struct LengthFactors {
    /// What one occurrence is worth, by the engine's code for the length of the field. Never quite nothing: a match
    /// stays one.
    pub occurrence: Vec<[[f32; 256]; 2]>,
    /// The weight of each group.
    weights: Vec<f32>,
    /// By language, what saturation grows by with each weighted word of a document.
    growth: [f32; 2],
    /// What saturation is at least.
    least: f32,
}

impl LengthFactors {
    pub fn new(scoring: &TextScoring, lengths: &[[TextLength; 2]]) -> Self {
        let words_of_code = decoded_lengths();
        let occurrence = |(group, languages): (usize, &[TextLength; 2])| {
            let (weight, b) = (scoring.weights[group], scoring.length[group]);
            languages.map(|length| {
                let average = length.words as f32 / length.documents.max(1) as f32;
                let growth = b / average.max(1.0);
                words_of_code
                    .map(|words| (weight / (1.0 - b + growth * words)).max(f32::MIN_POSITIVE))
            })
        };
        let growth = Language::ALL.map(|language| {
            let of_group = |(group, languages): (usize, &[TextLength; 2])| {
                scoring.weights[group] * languages[language as usize].words as f32
            };
            let words: f32 = lengths.iter().enumerate().map(of_group).sum();
            let documents = lengths
                .iter()
                .map(|languages| languages[language as usize].documents);
            let average = words / documents.max().unwrap_or(0).max(1) as f32;
            scoring.saturation * scoring.document_length / average.max(1.0)
        });
        LengthFactors {
            occurrence: lengths.iter().enumerate().map(occurrence).collect(),
            weights: scoring.weights.clone(),
            growth,
            least: scoring.saturation * (1.0 - scoring.document_length),
        }
    }

    /// How soon repeating a word stops helping in each document of a segment.
    pub fn saturations(&self, columns: &Columns) -> Saturations {
        let weighted = columns.weighted_lengths(&self.weights);
        Saturations {
            weighted,
            growth: self.growth,
            least: self.least,
        }
    }
}

/// The saturation of each document of a segment: higher for one that is long in the language in which it says most.
pub struct Saturations {
    weighted: Arc<WeightedLengths>,
    growth: [f32; 2],
    least: f32,
}

impl Saturations {
    #[inline]
    pub fn of(&self, document: DocId) -> f32 {
        let [one, other] = self.weighted.words[document as usize];
        let one = self.growth[0] * f32::from(one);
        let other = self.growth[1] * f32::from(other);
        self.least + if one > other { one } else { other }
    }
}

/// How long each document is in each language, its groups of texts weighted as they count: one look into memory for a
/// match, where the lengths of all its fields would be as many as there are fields.
pub struct WeightedLengths {
    pub weights: Vec<f32>,
    /// Rounded, and 65,535 for what is longer.
    words: Vec<[u16; 2]>,
}

impl WeightedLengths {
    pub fn new(weights: &[f32], norms: &[[FieldNormReader; 2]], documents: DocId) -> Self {
        let words_of_code = decoded_lengths();
        let tables: Vec<[f32; 256]> = weights
            .iter()
            .map(|weight| words_of_code.map(|words| words * weight))
            .collect();
        let words = |document: DocId| {
            let mut sums = [0.0_f32; 2];
            for (norms, table) in norms.iter().zip(&tables) {
                for (sum, norms) in sums.iter_mut().zip(norms) {
                    *sum += table[usize::from(norms.fieldnorm_id(document))];
                }
            }
            sums.map(|sum| sum.round() as u16)
        };
        WeightedLengths {
            weights: weights.to_vec(),
            words: (0..documents).map(words).collect(),
        }
    }
}

/// The number of words that each of the engine's codes for a length stands for.
fn decoded_lengths() -> [f32; 256] {
    std::array::from_fn(|code| FieldNormReader::id_to_fieldnorm(code as u8) as f32)
}
