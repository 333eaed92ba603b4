//! Gathers what the report shows of a collection.

use std::collections::BTreeMap;

use super::ablation::ablation;
use super::configuration::Configuration;
use super::{Bench, Collection, Evaluation, JudgedQuery};
use crate::domain::actor::Actor;
use crate::domain::language::Language;
use crate::domain::profile::Profile;
use crate::query::page::Page;
use crate::query::search_query::Query;
use crate::relevance::comparison::{PerQuery, compare, differences, estimates};
use crate::relevance::measured::Measured;
use crate::relevance::report::{
    LanguageFigures, Missed, Section, Shown, SystemFigures, WorstQuery,
};
use crate::services::ServiceError;
use crate::services::search::{Hit, Search};

/// How many of the worst answered questions are shown of each collection.
const WORST: usize = 8;

/// How many of the resources that a question missed are named.
const MISSED: usize = 8;

const LONGEST_TITLE_CHARS: usize = 140;

/// Everything the report shows of a collection. Asks anew, for the ablation and for the reasons of the worst questions.
pub fn section(
    collection: &Collection,
    bench: Option<&Bench>,
    configurations: &[Configuration],
    evaluation: &Evaluation,
    (k, seed): (usize, u64),
    done: &(impl Fn() + Sync),
) -> Result<Section, ServiceError> {
    let Some(first) = evaluation.measured.first() else {
        return Ok(Section::default());
    };
    let judgments = &collection.judgments;
    let figures = |(place, measured): (usize, &Measured)| {
        let first = (place > 0).then_some(first);
        system(measured, first, measured.recall(judgments), (k, seed))
    };
    let tried = bench.zip(configurations.first());
    Ok(Section {
        name: collection.name.clone(),
        queries: first.per_query.len(),
        documents: bench.map(|bench| bench.titles.len()),
        systems: evaluation
            .measured
            .iter()
            .enumerate()
            .map(figures)
            .collect(),
        ablation: match tried {
            Some((bench, configuration)) => {
                ablation(collection, bench, configuration, first, (k, seed), done)?
            }
            None => Vec::new(),
        },
        worst: worst(collection, first, tried, k)?,
    })
}

fn system(
    measured: &Measured,
    first: Option<&Measured>,
    recall: Vec<(usize, f64)>,
    (k, seed): (usize, u64),
) -> SystemFigures {
    let ndcg = format!("ndcg@{k}");
    let of_query =
        |(id, metrics): (&String, &BTreeMap<String, f64>)| Some((id.clone(), *metrics.get(&ndcg)?));
    let against = first.map(|first| compare(&first.per_query, &measured.per_query, seed));
    let gains = first.map(|first| differences(&first.per_query, &measured.per_query, &ndcg));
    SystemFigures {
        estimates: estimates(&measured.per_query, seed),
        coverage: measured.metrics.get(&format!("coverage@{k}")).copied(),
        ndcg: measured.per_query.iter().filter_map(of_query).collect(),
        recall,
        against: against.unwrap_or_default(),
        gains: gains.unwrap_or_default(),
    }
}

/// nDCG by language over all collections; a ranking is told by its place among the measured ones.
pub fn languages(
    evaluations: &[(Collection, Evaluation)],
    (k, seed): (usize, u64),
) -> Vec<LanguageFigures> {
    let systems = evaluations
        .first()
        .map_or(0, |(_, evaluation)| evaluation.measured.len());
    let figures = |language: Language| {
        let of_system = |place: usize| -> PerQuery {
            let parts = evaluations.iter().flat_map(|(collection, evaluation)| {
                let part =
                    evaluation.measured[place].part(|id| collection.language(id) == Some(language));
                part.into_iter()
                    .map(|(id, of)| (format!("{}/{id}", collection.name), of))
            });
            parts.collect()
        };
        let measured: Vec<PerQuery> = (0..systems).map(of_system).collect();
        let queries = measured.first().map_or(0, BTreeMap::len);
        let ndcg = |of: &PerQuery| estimates(of, seed).remove(&format!("ndcg@{k}"));
        (queries > 0).then(|| LanguageFigures {
            language: match language {
                Language::Fr => "French".into(),
                Language::En => "English".into(),
            },
            queries,
            ndcg: measured.iter().filter_map(ndcg).collect(),
        })
    };
    Language::ALL.into_iter().filter_map(figures).collect()
}

fn worst(
    collection: &Collection,
    measured: &Measured,
    tried: Option<(&Bench, &Configuration)>,
    k: usize,
) -> Result<Vec<WorstQuery>, ServiceError> {
    let ndcg = format!("ndcg@{k}");
    let mut by_quality: Vec<(&String, f64)> = measured
        .per_query
        .iter()
        .map(|(id, of)| (id, of[&ndcg]))
        .collect();
    by_quality.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    let search = tried.map(|(bench, of)| (bench, bench.search(of.weights.clone())));
    let worst = by_quality.into_iter().take(WORST).map(|(id, ndcg)| {
        let asked = collection.queries.iter().find(|query| query.id == *id);
        let results = match (&search, asked) {
            (Some((bench, search)), Some(asked)) => explained(bench, search, asked, collection, k)?,
            _ => unexplained(measured.list(id), id, collection, k),
        };
        let query = asked.map(|asked| &asked.query);
        Ok(WorstQuery {
            id: id.clone(),
            text: query.map_or_else(|| id.clone(), |query| query.text.clone()),
            language: query.map_or("", |query| query.language.tag()).to_owned(),
            profile: query
                .and_then(|query| query.profile.as_ref())
                .map(situation)
                .unwrap_or_default(),
            ndcg,
            results,
            missed: missed(
                id,
                measured.list(id),
                collection,
                tried.map(|(bench, _)| bench),
                k,
            ),
        })
    });
    worst.collect()
}

fn explained(
    bench: &Bench,
    search: &Search,
    asked: &JudgedQuery,
    collection: &Collection,
    k: usize,
) -> Result<Vec<Shown>, ServiceError> {
    let query = Query {
        explain: true,
        page: Page {
            limit: k,
            offset: 0,
        },
        ..asked.query.clone()
    };
    let language = query.language;
    let shown = |hit: Hit| {
        let reasons = hit.explanation.unwrap_or_default().into_iter();
        let reasons = reasons.filter(|reason| reason.points != 0);
        Shown {
            title: title(Some(bench), &hit.id, language),
            grade: grade(collection, &asked.id, &hit.id),
            reasons: reasons
                .map(|reason| {
                    (
                        reason.points as f64 / 10_000.0,
                        reason.text.get(language).to_owned(),
                    )
                })
                .collect(),
            id: hit.id,
        }
    };
    let outcome = search.search(&Actor::Console, &query)?;
    Ok(outcome.hits.into_iter().map(shown).collect())
}

fn unexplained(list: &[String], question: &str, collection: &Collection, k: usize) -> Vec<Shown> {
    let shown = |id: &String| Shown {
        id: id.clone(),
        grade: grade(collection, question, id),
        ..Shown::default()
    };
    list.iter().take(k).map(shown).collect()
}

fn grade(collection: &Collection, question: &str, resource: &str) -> Option<i32> {
    collection.judgments.of(question)?.get(resource).copied()
}

/// The relevant resources that are not among the first k, the best first.
fn missed(
    question: &str,
    list: &[String],
    collection: &Collection,
    bench: Option<&Bench>,
    k: usize,
) -> Vec<Missed> {
    let grades = collection.judgments.of(question).into_iter().flatten();
    let mut relevant: Vec<(&String, i32)> = grades
        .filter(|(id, grade)| **grade > 0 && !list.iter().take(k).any(|shown| shown == *id))
        .map(|(id, grade)| (id, *grade))
        .collect();
    relevant.sort_by(|(id, grade), (other_id, other)| other.cmp(grade).then(id.cmp(other_id)));
    let language = collection.language(question).unwrap_or_default();
    let told = relevant.into_iter().take(MISSED).map(|(id, grade)| {
        let judgment = collection.judgments.find(question, id);
        Missed {
            title: title(bench, id, language),
            grade,
            rank: list
                .iter()
                .position(|found| found == id)
                .map(|place| place + 1),
            reason: judgment
                .map(|judgment| judgment.reason.clone())
                .unwrap_or_default(),
            id: id.clone(),
        }
    });
    told.collect()
}

/// The title of a resource as the asker reads it, cut where it becomes a text; empty when it is not known.
fn title(bench: Option<&Bench>, id: &str, language: Language) -> String {
    let title = bench.and_then(|bench| bench.titles.get(id)?.best(language));
    let title = title.unwrap_or_default();
    match title.char_indices().nth(LONGEST_TITLE_CHARS) {
        Some((end, _)) => format!("{}…", &title[..end]),
        None => title.to_owned(),
    }
}

/// A profile in a few words: the last part of each id.
fn situation(profile: &Profile) -> String {
    let lists = [
        &profile.subjects,
        &profile.levels,
        &profile.student_types,
        &profile.devices,
        &profile.os,
        &profile.platforms,
        &profile.languages,
    ];
    let ids = profile.role.iter().chain(lists.into_iter().flatten());
    let budget = profile
        .budget_cents
        .map(|cents| format!("at most {:.2} $", cents as f64 / 100.0));
    let words = ids.map(|id| id.rsplit('/').next().unwrap_or(id).to_owned());
    words.chain(budget).collect::<Vec<_>>().join(", ")
}
