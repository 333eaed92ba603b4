//! What a person who is typing may mean: titles of resources, terms of the vocabularies.

mod terms;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use serde::Deserialize;

use self::terms::{TERM_LOOKS, TermSuggestion, Terms};
use super::ServiceError;
use super::search::Search;
use crate::domain::actor::Actor;
use crate::domain::language::{Language, LanguageMap};
use crate::domain::typed::{Closeness, Typed};
use crate::index::suggestions::{TITLE_LOOKS, TitleSuggestion};
use crate::index::writer::Index;
use crate::index::{IndexError, Snapshot};
use crate::index_schema::IndexSchema;
use crate::query::facet::Facet;
use crate::query::page::Page;
use crate::query::search_query::Query;

/// The most suggestions there are for one keystroke.
pub const MOST: usize = 20;

/// How many there are when nobody says.
pub const DEFAULT: usize = 10;

/// A keystroke is cheap in a catalogue of any size.
const _: () = assert!(TITLE_LOOKS + TERM_LOOKS < 100);

/// Terms of one vocabulary that are suggested while there is something else to suggest.
const A_FEW: usize = 2;

/// Completes what is typed, from the current snapshot of the index.
pub struct Suggest {
    index: Arc<Index>,
    search: Arc<Search>,
    schema: Arc<IndexSchema>,
    /// The terms, with those marked that some resource has: that changes with the catalogue.
    terms: Mutex<Option<DatedTerms>>,
}

struct DatedTerms {
    generation: String,
    sequence: u64,
    terms: Arc<Terms>,
}

/// Something that may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// A title as it is written, or the label of a term in the reader's language.
    pub text: String,
    pub kind: Kind,
    /// Of the resource, or of the term.
    pub id: String,
}

/// What a suggestion stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Title,
    Term(Facet),
}

impl Kind {
    /// `title`, or the name of the facet.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Title => "title",
            Kind::Term(facet) => facet.name(),
        }
    }
}

/// What decides the order: how closely the text answers, whether in the reader's language; then terms that some
/// resource has, titles, terms that none has.
type Order = (Closeness, bool, u8);

impl Suggest {
    pub fn new(index: Arc<Index>, search: Arc<Search>, schema: Arc<IndexSchema>) -> Self {
        Suggest {
            index,
            search,
            schema,
            terms: Mutex::new(None),
        }
    }

    /// What the typed text may mean, likeliest first, each text once, at most `limit`. Nothing typed means nothing.
    ///
    /// Looks at fewer than a hundred titles and names, whatever the size of the catalogue.
    ///
    /// # Errors
    /// When the index cannot be read; it is reported, to be built anew.
    pub fn suggest(
        &self,
        actor: &Actor,
        typed: &str,
        language: Language,
        limit: usize,
    ) -> Result<Vec<Suggestion>, ServiceError> {
        let typed = Typed::new(typed);
        if typed.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        self.complete(actor, &typed, language, limit)
            .inspect_err(|error| {
                if matches!(error, ServiceError::Index(_)) {
                    self.index.report_damage();
                }
            })
    }

    fn complete(
        &self,
        actor: &Actor,
        typed: &Typed,
        language: Language,
        limit: usize,
    ) -> Result<Vec<Suggestion>, ServiceError> {
        let snapshot = self.index.snapshot();
        let terms = self.terms(actor, &snapshot)?;
        let (few, more) = a_few(terms.suggest(typed, language, MOST), limit);
        let mut chosen: Vec<(Order, Suggestion)> = Vec::with_capacity(limit);
        let mut texts = HashSet::new();
        let mut choose = |order, suggestion: Suggestion| {
            if chosen.len() < limit && texts.insert(suggestion.text.clone()) {
                chosen.push((order, suggestion));
            }
        };
        few.iter()
            .for_each(|term| choose(term_order(term), self.of_term(term, language)));
        for title in snapshot.suggest_titles(typed, language, limit)? {
            choose(
                (title.closeness, title.foreign, 1),
                of_title(title, &snapshot)?,
            );
        }
        more.iter()
            .for_each(|term| choose(term_order(term), self.of_term(term, language)));
        chosen.sort_by_key(|(order, _)| *order);
        Ok(chosen
            .into_iter()
            .map(|(_, suggestion)| suggestion)
            .collect())
    }

    /// The terms as of a snapshot.
    fn terms(&self, actor: &Actor, snapshot: &Snapshot) -> Result<Arc<Terms>, ServiceError> {
        let mut kept = self
            .terms
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(dated) = &*kept
            && (dated.generation.as_str(), dated.sequence)
                == (snapshot.generation(), snapshot.sequence())
        {
            return Ok(Arc::clone(&dated.terms));
        }
        let everything = Query {
            facets: Facet::ALL.to_vec(),
            page: Page {
                limit: 0,
                offset: 0,
            },
            ..Query::default()
        };
        let counts = self.search.search(actor, &everything)?.facets;
        let terms = Arc::new(Terms::new(&self.schema.vocabularies, &counts));
        *kept = Some(DatedTerms {
            generation: snapshot.generation().to_owned(),
            sequence: snapshot.sequence(),
            terms: Arc::clone(&terms),
        });
        Ok(terms)
    }

    fn of_term(&self, term: &TermSuggestion, language: Language) -> Suggestion {
        let known = self
            .schema
            .vocabularies
            .get(term.facet.name())
            .term(term.value);
        Suggestion {
            text: known.label.get(language).to_owned(),
            kind: Kind::Term(term.facet),
            id: known.id.clone(),
        }
    }
}

/// A few terms of each vocabulary, no more than half of what is wanted; and the others, for places that stay free.
fn a_few(terms: Vec<TermSuggestion>, wanted: usize) -> (Vec<TermSuggestion>, Vec<TermSuggestion>) {
    let mut of_facet: HashMap<Facet, usize> = HashMap::new();
    let mut all = 0;
    terms.into_iter().partition(|term| {
        let count = of_facet.entry(term.facet).or_default();
        let is_one = *count < A_FEW && all < wanted.div_ceil(2);
        *count += usize::from(is_one);
        all += usize::from(is_one);
        is_one
    })
}

fn term_order(term: &TermSuggestion) -> Order {
    (
        term.closeness,
        term.foreign,
        if term.is_used { 0 } else { 2 },
    )
}

fn of_title(title: TitleSuggestion, snapshot: &Snapshot) -> Result<Suggestion, ServiceError> {
    let id = snapshot.id(title.place)?;
    let text = if title.is_cut {
        let record = snapshot.record(title.place)?;
        whole_title(&record, &title.title)?
    } else {
        title.title
    };
    Ok(Suggestion {
        text,
        kind: Kind::Title,
        id,
    })
}

#[derive(Deserialize)]
struct Titled {
    title: LanguageMap,
}

/// The title of a record that begins so.
fn whole_title(record: &str, beginning: &str) -> Result<String, ServiceError> {
    let titled: Titled = serde_json::from_str(record)
        .map_err(|error| IndexError::Damaged(format!("a record: {error}")))?;
    let mut titles = titled.title.0.into_values();
    let whole = titles.find(|title| title.starts_with(beginning));
    Ok(whole.unwrap_or_else(|| beginning.to_owned()))
}
