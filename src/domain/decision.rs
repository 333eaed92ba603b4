//! A ranking by somebody's profile, as it was made: what the person can read, and contest.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::language::Bilingual;

/// What was asked, what of the profile was used, and what came of it, with reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankingDecision {
    pub at: Timestamp,
    /// The event by which the person agreed to it.
    pub consent: Option<String>,
    pub query: String,
    /// What was asked besides the words, by the names of a search.
    pub filters: Map<String, Value>,
    /// The fields of the profile that were used.
    pub profile: Map<String, Value>,
    pub generation: String,
    pub ranking: String,
    pub total: u64,
    pub results: Vec<DecidedResult>,
    /// What the filters that were counted kept off; a profile keeps off nothing.
    #[serde(default)]
    pub excluded: Vec<DecidedExclusion>,
    /// The sentences of the reasons, each once; reasons name them by their place.
    pub sentences: Vec<Bilingual>,
    pub contest_status: ContestStatus,
}

/// What one filter kept off the results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidedExclusion {
    /// The filter, by its name of a search.
    pub reason: String,
    /// Matches that it alone kept off.
    pub count: u64,
}

/// Where a contest of it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContestStatus {
    #[default]
    None,
}

/// One resource of the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecidedResult {
    pub resource: String,
    pub rank: u64,
    /// Where it would stand for everybody.
    pub neutral_rank: Option<u64>,
    /// Ten-thousandths of a point.
    pub points: i64,
    /// Left out far down a long page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contributions: Vec<DecidedContribution>,
}

/// What one reason gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecidedContribution {
    pub factor: String,
    pub value: f64,
    pub weight: f64,
    /// Ten-thousandths of a point.
    pub effect: i64,
    /// Its place among the sentences.
    pub sentence: usize,
}
