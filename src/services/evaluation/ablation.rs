//! What each weight is worth: the ranking with it against the ranking without.

use super::configuration::{Configuration, Dial};
use super::{Bench, Collection, lists};
use crate::relevance::comparison::{Difference, differences};
use crate::relevance::measured::Measured;
use crate::relevance::report::Effect;
use crate::services::ServiceError;

/// The effect on nDCG of each weight of a configuration, the most valuable first.
///
/// A weight that the others cannot do without is left out.
pub fn ablation(
    collection: &Collection,
    bench: &Bench,
    configuration: &Configuration,
    full: &Measured,
    (k, seed): (usize, u64),
    done: &(impl Fn() + Sync),
) -> Result<Vec<Effect>, ServiceError> {
    let questions = collection.questions();
    let ndcg = format!("ndcg@{k}");
    let effect = |dial: Dial| {
        let weights = configuration.without(&dial, &bench.schema).ok()?;
        let answers = match bench.ask(&collection.queries, weights, k, done) {
            Ok(answers) => answers,
            Err(error) => return Some(Err(error)),
        };
        let judgments = &collection.judgments;
        let without = Measured::of(
            dial.label(),
            lists(&answers),
            &questions,
            judgments,
            k,
            None,
        );
        let lost = differences(&full.per_query, &without.per_query, &ndcg);
        Some(Ok(Effect {
            weight: dial.label(),
            difference: Difference::of(&lost.into_values().collect::<Vec<f64>>(), seed),
        }))
    };
    let dials = configuration.dials().into_iter();
    let mut effects = dials
        .filter_map(effect)
        .collect::<Result<Vec<Effect>, _>>()?;
    effects.sort_by(|one, other| other.difference.mean.total_cmp(&one.difference.mean));
    Ok(effects)
}
