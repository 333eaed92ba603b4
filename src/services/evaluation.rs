//! Measures how good the ranking is on judged questions.
//!
//! A [`Collection`] is asked on a [`Bench`] with one or more [`Configuration`]s; [`evaluate`] measures their lists, and
//! those of other engines, alike. [`section`](report::section) gathers what the report shows. Learning weights from the
//! same judgments will stand beside it on the same bench; [`gate`](super::gate) refuses what ranks worse.

mod ablation;
pub mod configuration;
pub mod documents;
pub mod folder;
pub mod report;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::ServiceError;
use super::search::Search;
use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::domain::draft::Draft;
use crate::domain::language::{Language, LanguageMap};
use crate::index::writer::{self, Index};
use crate::index_schema::IndexSchema;
use crate::query::page::Page;
use crate::query::search_query::Query;
use crate::ranking::weights::Weights;
use crate::relevance::judgment::Judgments;
use crate::relevance::measured::Measured;
use crate::relevance::run::Lists;
use configuration::Configuration;

/// How deep a ranked list is measured and written.
pub const DEPTH: usize = 1_000;

/// A question with the id that judgments know it by.
pub struct JudgedQuery {
    pub id: String,
    pub query: Query,
}

/// Questions, what is known of their answers, and what other engines answered.
pub struct Collection {
    pub name: String,
    /// None when only other engines' runs are judged; then every judged question is measured.
    pub queries: Vec<JudgedQuery>,
    pub judgments: Judgments,
    /// By name.
    pub foreign: Vec<(String, Lists)>,
}

impl Collection {
    fn questions(&self) -> Vec<&str> {
        if self.queries.is_empty() {
            self.judgments.questions().collect()
        } else {
            self.queries.iter().map(|query| query.id.as_str()).collect()
        }
    }

    /// How many judged questions are not among those that are asked; they are left out.
    pub fn unasked(&self) -> usize {
        let asked: HashSet<&str> = self.questions().into_iter().collect();
        self.judgments
            .questions()
            .filter(|id| !asked.contains(id))
            .count()
    }

    /// The language a question was asked in, when the question is known.
    pub fn language(&self, question: &str) -> Option<Language> {
        let asked = self.queries.iter().find(|query| query.id == question);
        asked.map(|asked| asked.query.language)
    }
}

/// The ranked lists of a configuration, in the order of the questions: ids with points, the best first.
pub type Answers = Vec<(String, Vec<(String, i64)>)>;

/// What came out on one collection.
pub struct Evaluation {
    /// The configurations in order, then the other engines.
    pub measured: Vec<Measured>,
    /// The answers of the first configuration; none when there is none.
    pub answers: Answers,
}

/// An index in memory to try configurations on.
pub struct Bench {
    index: Arc<Index>,
    schema: Arc<IndexSchema>,
    clock: Arc<dyn Clock>,
    /// By id, of every document.
    titles: HashMap<String, LanguageMap>,
}

impl Bench {
    /// Indexes the documents. As in an import, a later one takes the place of an earlier one of the same id.
    pub fn new(
        documents: Vec<Draft>,
        schema: &Arc<IndexSchema>,
        clock: Arc<dyn Clock>,
    ) -> Result<Bench, ServiceError> {
        let (index, mut writer) = writer::in_memory(schema)?;
        let by_id = documents
            .into_iter()
            .map(|draft| (draft.resource.id.clone(), draft));
        let documents: Vec<Draft> = by_id.collect::<BTreeMap<_, _>>().into_values().collect();
        documents
            .par_iter()
            .try_for_each(|draft| writer.put(&draft.resource))?;
        writer.commit(documents.len() as u64, &index)?;
        let titles = documents.into_iter().map(|draft| draft.resource);
        let titles = titles.map(|resource| (resource.id.to_string(), resource.title));
        Ok(Bench {
            index: Arc::new(index),
            schema: Arc::clone(schema),
            clock,
            titles: titles.collect(),
        })
    }

    /// A search over the documents with these weights.
    fn search(&self, weights: Weights) -> Search {
        let (index, schema) = (Arc::clone(&self.index), Arc::clone(&self.schema));
        Search::new(index, schema, weights, Arc::clone(&self.clock))
    }

    /// Asks every question on all cores; `done` hears of each one that was answered.
    fn ask(
        &self,
        queries: &[JudgedQuery],
        weights: Weights,
        depth: usize,
        done: &(impl Fn() + Sync),
    ) -> Result<Answers, ServiceError> {
        let search = self.search(weights);
        let answer = |JudgedQuery { id, query }: &JudgedQuery| {
            let page = Page {
                limit: depth,
                offset: 0,
            };
            let query = Query {
                page,
                ..query.clone()
            };
            let ranking = search.ranking(&Actor::Console, &query)?;
            done();
            Ok((id.clone(), ranking))
        };
        queries.par_iter().map(answer).collect()
    }
}

/// Asks every question of the collection with each configuration, and measures the judged ones to depth `k`.
///
/// Configurations need a bench. A judged question without results counts 0; questions without judgments are asked but
/// not measured. `done` hears of each question that was answered.
pub fn evaluate(
    collection: &Collection,
    bench: Option<&Bench>,
    configurations: &[Configuration],
    k: usize,
    done: &(impl Fn() + Sync),
) -> Result<Evaluation, ServiceError> {
    let questions = collection.questions();
    let documents = bench.map(|bench| bench.titles.len());
    let measure = |name: &str, lists: Lists| {
        Measured::of(
            name.to_owned(),
            lists,
            &questions,
            &collection.judgments,
            k,
            documents,
        )
    };
    let mut measured = Vec::new();
    let mut of_first = None;
    if let Some(bench) = bench {
        for configuration in configurations {
            let weights = configuration.weights.clone();
            let answers = bench.ask(&collection.queries, weights, DEPTH, done)?;
            measured.push(measure(&configuration.name, lists(&answers)));
            of_first.get_or_insert(answers);
        }
    }
    for (name, lists) in &collection.foreign {
        measured.push(measure(name, lists.clone()));
    }
    Ok(Evaluation {
        measured,
        answers: of_first.unwrap_or_default(),
    })
}

fn lists(answers: &Answers) -> Lists {
    let ids = |ranking: &Vec<(String, i64)>| ranking.iter().map(|(id, _)| id.clone()).collect();
    answers
        .iter()
        .map(|(question, ranking)| (question.clone(), ids(ranking)))
        .collect()
}
