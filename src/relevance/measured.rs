//! A ranking measured on the questions of a collection.

use std::collections::{BTreeMap, HashSet};

use super::comparison::PerQuery;
use super::judgment::{Grades, Judgments};
use super::metrics::{Measure, Metrics, mean, recall_curve};
use super::run::Lists;

/// The depths at which recall is drawn.
pub const DEPTHS: [usize; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/// The figures of one ranking, and the lists they were measured on.
#[derive(Debug, Clone)]
pub struct Measured {
    pub name: String,
    /// Means over the questions, and the coverage of the catalogue where its size is known.
    pub metrics: Metrics,
    pub per_query: PerQuery,
    pub lists: Lists,
}

impl Measured {
    /// Measures the lists of these questions; one without judgments is left out, one without a list counts 0.
    pub fn of(
        name: String,
        lists: Lists,
        questions: &[&str],
        judgments: &Judgments,
        k: usize,
        catalogue_size: Option<usize>,
    ) -> Measured {
        let measure = Measure {
            k,
            highest_grade: judgments.highest_grade(),
        };
        let judged = questions
            .iter()
            .filter_map(|id| Some((*id, judgments.of(id)?)));
        let per_query: PerQuery = judged
            .map(|(id, grades)| (id.to_owned(), measure.of(list(&lists, id), grades)))
            .collect();
        let mut metrics = mean(per_query.values());
        if let Some(size) = catalogue_size {
            metrics.insert(
                format!("coverage@{k}"),
                coverage(&lists, questions, k, size),
            );
        }
        Measured {
            name,
            metrics,
            per_query,
            lists,
        }
    }

    /// The ranked ids of a question; none when it has no list.
    pub fn list(&self, question: &str) -> &[String] {
        list(&self.lists, question)
    }

    /// Mean recall over the measured questions at each of [`DEPTHS`].
    pub fn recall(&self, judgments: &Judgments) -> Vec<(usize, f64)> {
        let mut sums = [0.0; DEPTHS.len()];
        let none = Grades::new();
        for id in self.per_query.keys() {
            let grades = judgments.of(id).unwrap_or(&none);
            let curve = recall_curve(self.list(id), grades, &DEPTHS);
            sums.iter_mut().zip(curve).for_each(|(sum, at)| *sum += at);
        }
        let questions = self.per_query.len().max(1) as f64;
        DEPTHS
            .into_iter()
            .zip(sums.map(|sum| sum / questions))
            .collect()
    }

    /// The questions of which `choose` says yes, measured alike.
    pub fn part(&self, choose: impl Fn(&str) -> bool) -> PerQuery {
        let chosen = self.per_query.iter().filter(|(id, _)| choose(id));
        chosen
            .map(|(id, metrics)| (id.clone(), metrics.clone()))
            .collect::<BTreeMap<_, _>>()
    }
}

fn list<'a>(lists: &'a Lists, question: &str) -> &'a [String] {
    lists.get(question).map(Vec::as_slice).unwrap_or_default()
}

/// The share of the catalogue that is among the first k of some question (Herlocker and others, 2004).
fn coverage(lists: &Lists, questions: &[&str], k: usize, size: usize) -> f64 {
    let shown = questions
        .iter()
        .flat_map(|id| list(lists, id).iter().take(k));
    let distinct: HashSet<&String> = shown.collect();
    distinct.len() as f64 / size.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judged_question_without_a_list_counts_0_and_an_unjudged_one_is_left_out() {
        let judgments = Judgments::parse("q1 0 a 1\nq2 0 a 1\n").unwrap();
        let lists = Lists::from([
            ("q1".into(), vec!["a".into()]),
            ("q3".into(), vec!["b".into()]),
        ]);
        let measured = Measured::of(
            "x".into(),
            lists,
            &["q1", "q2", "q3"],
            &judgments,
            10,
            Some(4),
        );
        assert_eq!(measured.per_query.len(), 2);
        assert_eq!(
            (measured.metrics["map"], measured.metrics["answered"]),
            (0.5, 0.5)
        );
        assert_eq!(measured.metrics["coverage@10"], 0.5);
        assert_eq!(measured.recall(&judgments)[0], (1, 0.5));
    }
}
