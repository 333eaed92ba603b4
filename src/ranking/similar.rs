//! The ranking by likeness: a resource in the place of a profile.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::rank::{NeutralRank, ProfileRank, Weighted};
use super::signals::likeness;
use super::weights::Weights;
use crate::domain::vocabulary::{Ordinal, Vocabularies};
use crate::query::attributes::Sets;
use crate::query::facet::Facet;

/// The weight of shared words, among those of `[similar]`.
const TEXT: &str = "text";

impl ProfileRank {
    /// What resembles a resource with these attributes: nothing but what is shared counts, whoever asks.
    pub fn of_similar(
        declared: &BTreeMap<Facet, Vec<Ordinal>>,
        weights: &Weights,
        sets: &Arc<Sets>,
        vocabularies: &Vocabularies,
    ) -> ProfileRank {
        let words = Weighted {
            signal: Box::new(likeness::SharedWords),
            weight: weight(weights, TEXT),
        };
        let in_facet = |(facet, sentences)| {
            let declared = declared.get(&facet)?;
            let signal =
                likeness::in_facet(facet, sentences, declared, &weights.fit, vocabularies)?;
            let weight = weight(weights, facet.name());
            Some(Weighted { signal, weight })
        };
        let shared = likeness::FACETS.into_iter().filter_map(in_facet).collect();
        let neutral = NeutralRank::of_signals(vec![words], sets);
        ProfileRank::of_signals(Arc::new(neutral), shared, sets)
    }
}

fn weight(weights: &Weights, name: &str) -> f64 {
    weights.similar.get(name).copied().unwrap_or(0.0)
}

/// Checks the weights of `[similar]`: every name that resources may resemble one another in, and no other.
pub(super) fn check(weights: &BTreeMap<String, f64>) -> Result<(), String> {
    let facets = likeness::FACETS.iter().map(|(facet, _)| facet.name());
    let known: Vec<&str> = std::iter::once(TEXT).chain(facets).collect();
    if let Some(missing) = known.iter().find(|name| !weights.contains_key(**name)) {
        return Err(format!("[similar] lacks {missing}"));
    }
    for (name, weight) in weights {
        if !known.contains(&name.as_str()) {
            let known = known.join(", ");
            return Err(format!(
                "[similar] {name} is no likeness; there are {known}"
            ));
        }
        if !(0.0..=1000.0).contains(weight) {
            return Err(format!(
                "[similar] {name} is {weight}; a weight is between 0 and 1000"
            ));
        }
    }
    Ok(())
}
