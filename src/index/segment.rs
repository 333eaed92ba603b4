//! One segment of the index, with its attributes unpacked for the one pass.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tantivy::columnar::{Column, StrColumn, TermOrdHit};
use tantivy::fieldnorm::FieldNormReader;
use tantivy::index::InvertedIndexReader;
use tantivy::schema::Field;
use tantivy::{DocId, SegmentReader};

use super::IndexError;
use super::bits::Bits;
use super::document::decode_merit;
use super::lengths::WeightedLengths;
use super::schema::{Fields, facet_field};
use super::suggestions::Titles;
use crate::domain::vocabulary::Vocabularies;
use crate::query::attributes::{Rows, Sets};
use crate::query::facet::Facet;
use crate::query::need::Limit;

/// A segment as a search sees it.
pub struct Segment {
    pub reader: SegmentReader,
    /// What never changes of a segment, deletions or not; shared between snapshots.
    pub columns: Arc<Columns>,
}

/// The attributes of a segment's documents, its words, and the lengths of its texts.
pub struct Columns {
    pub rows: Rows,
    pub ids: Ids,
    /// For each group of texts in each language, its stems with their documents.
    pub stems: Vec<[Arc<InvertedIndexReader>; 2]>,
    /// The exact forms with their documents.
    pub exact: Arc<InvertedIndexReader>,
    /// How long the texts are, by group and language: of each document, and of all together.
    pub norms: Vec<[FieldNormReader; 2]>,
    pub lengths: Vec<[TextLength; 2]>,
    passing: Mutex<VecDeque<PassingRow>>,
    /// How many documents have each set, by facet; counted when it is asked for.
    tallies: [OnceLock<Vec<u32>>; Facet::COUNT],
    /// How long the documents are by the weights that were last asked for: weights seldom change.
    weighted: Mutex<Option<Arc<WeightedLengths>>>,
    /// What is suggested to who is typing; made when somebody types, or the reason why it cannot be.
    pub titles: OnceLock<Result<Titles, String>>,
}

/// The ids of a segment's documents, and the place of each in their order, which decides between equals: unpacked, because
/// every match that may be among the best is asked for it.
pub struct Ids {
    column: StrColumn,
    places: Vec<u32>,
}

/// The documents that pass one filter.
struct PassingRow {
    limit: Limit,
    documents: Arc<Bits>,
}

/// How many filters a segment remembers, the oldest given up first: every value of the five facets of a page, and some. Full,
/// they take 32 bytes a resource.
const MOST_PASSING_ROWS: usize = 256;

/// How much text a field of a segment holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextLength {
    pub words: u64,
    /// Documents with at least one word in the field.
    pub documents: u64,
}

impl Columns {
    /// Reads the columns of a segment, adding the sets it brings to `sets`.
    pub fn load(
        reader: &SegmentReader,
        fields: &Fields,
        sets: &mut Sets,
        vocabularies: &Vocabularies,
    ) -> Result<Columns, IndexError> {
        let mut rows = Rows::new(reader.max_doc() as usize);
        // What an ordinary search reads comes first, so that it lies in one word.
        let rare = Facet::ALL
            .into_iter()
            .filter(|facet| !Facet::DEFAULT.contains(facet));
        for facet in Facet::DEFAULT {
            pack_facet(reader, facet, sets, vocabularies, &mut rows)?;
        }
        let merit = |value: &str| {
            let merit = decode_merit(value)
                .ok_or_else(|| IndexError::Damaged(format!("the merit {value:?}")))?;
            Ok(sets.merit_number(merit))
        };
        if let Some(merits) = Numbered::read(reader, "merit", merit)? {
            rows.pack_merits(merits.largest(), merits.by_document(reader.max_doc()));
        }
        for facet in rare {
            pack_facet(reader, facet, sets, vocabularies, &mut rows)?;
        }
        let costs = reader.fast_fields().u64("cost")?;
        for document in 0..reader.max_doc() {
            if let Some(cents) = costs.first(document) {
                rows.set_cost(document, cents);
            }
        }
        let ids = Ids::read(reader)?;
        let stems = in_both(fields, |field| Ok(reader.inverted_index(field)?))?;
        let norms = in_both(fields, |field| Ok(reader.get_fieldnorms_reader(field)?))?;
        let lengths = stems.iter().zip(&norms);
        let lengths = lengths.map(|(stems, norms)| {
            std::array::from_fn(|language| length(&stems[language], &norms[language]))
        });
        Ok(Columns {
            rows,
            ids,
            lengths: lengths.collect(),
            stems,
            exact: reader.inverted_index(fields.exact)?,
            norms,
            passing: Mutex::default(),
            tallies: Default::default(),
            weighted: Mutex::default(),
            titles: OnceLock::new(),
        })
    }

    /// Which documents pass a filter, deleted or not: kept for the next who filters by the same values.
    pub fn passing(&self, limit: &Limit, sets: &Sets) -> Arc<Bits> {
        let mut kept = self.passing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(row) = kept.iter().find(|row| row.limit == *limit) {
            return Arc::clone(&row.documents);
        }
        let all = self.rows.len() as DocId;
        let documents = match limit {
            Limit::Facet(facet, values) => {
                let (passes, column) = (sets.passing(*facet, values), self.rows.sets(*facet));
                Bits::of(all, |one| passes[column.get(one)])
            }
            Limit::MaxCost(max) => {
                let passes = |one| self.rows.cost_cents(one).is_some_and(|cost| cost <= *max);
                Bits::of(all, passes)
            }
        };
        let documents = Arc::new(documents);
        if kept.len() >= MOST_PASSING_ROWS {
            kept.pop_front();
        }
        kept.push_back(PassingRow {
            limit: limit.clone(),
            documents: Arc::clone(&documents),
        });
        documents
    }

    /// How many documents, deleted or not, have each set of a facet, by set number; those beyond the end have none.
    pub fn tally(&self, facet: Facet) -> &[u32] {
        self.tallies[facet.column()].get_or_init(|| {
            let column = self.rows.sets(facet);
            let mut tally = Vec::new();
            for document in 0..self.rows.len() as DocId {
                let set = column.get(document);
                if set >= tally.len() {
                    tally.resize(set + 1, 0);
                }
                tally[set] += 1;
            }
            tally
        })
    }

    /// How long the documents are, each group of texts weighted.
    pub fn weighted_lengths(&self, weights: &[f32]) -> Arc<WeightedLengths> {
        let mut known = self.weighted.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some(lengths) if lengths.weights == weights => Arc::clone(lengths),
            _ => {
                let documents = self.rows.len() as DocId;
                let lengths = Arc::new(WeightedLengths::new(weights, &self.norms, documents));
                Arc::clone(known.insert(lengths))
            }
        }
    }
}

fn pack_facet(
    reader: &SegmentReader,
    facet: Facet,
    sets: &mut Sets,
    vocabularies: &Vocabularies,
    rows: &mut Rows,
) -> Result<(), IndexError> {
    let vocabulary = vocabularies.get(facet.name());
    let set = |value: &str| {
        let mut declared: Vec<_> = value
            .lines()
            .filter_map(|id| vocabulary.ordinal(id))
            .collect();
        declared.sort_unstable();
        declared.dedup();
        Ok(sets.number(facet, &declared, vocabularies))
    };
    if let Some(numbered) = Numbered::read(reader, &facet_field(facet), set)? {
        let numbers = numbered.by_document(reader.max_doc());
        rows.pack_sets(facet, numbered.largest(), numbers);
    }
    Ok(())
}

/// A column of repeated texts, each distinct text turned into a number once.
struct Numbered {
    /// By the engine's ordinal.
    numbers: Vec<u32>,
    ordinals: Column<u64>,
}

impl Numbered {
    fn read(
        reader: &SegmentReader,
        name: &str,
        mut number: impl FnMut(&str) -> Result<u32, IndexError>,
    ) -> Result<Option<Numbered>, IndexError> {
        let Some(column) = reader.fast_fields().str(name)? else {
            return Ok(None);
        };
        let mut numbers = Vec::with_capacity(column.num_terms());
        let mut text = String::new();
        for ordinal in 0..column.num_terms() as u64 {
            text.clear();
            column.ord_to_str(ordinal, &mut text)?;
            numbers.push(number(&text)?);
        }
        Ok(Some(Numbered {
            numbers,
            ordinals: column.ords().clone(),
        }))
    }

    fn largest(&self) -> u32 {
        self.numbers.iter().copied().max().unwrap_or(0)
    }

    /// The documents that have a text, with its number.
    fn by_document(&self, documents: DocId) -> impl Iterator<Item = (DocId, u32)> {
        (0..documents).filter_map(|document| {
            let ordinal = self.ordinals.first(document)?;
            Some((document, self.numbers[ordinal as usize]))
        })
    }
}

impl Ids {
    fn read(reader: &SegmentReader) -> Result<Ids, IndexError> {
        let column = string_column(reader, "id")?;
        let place = |document| column.ords().first(document).map(|place| place as u32);
        let places = (0..reader.max_doc()).map(place).collect::<Option<_>>();
        let places =
            places.ok_or_else(|| IndexError::Damaged("a document without an id".into()))?;
        Ok(Ids { column, places })
    }

    /// The place of a document's id among the segment's ids.
    #[inline]
    pub fn place(&self, document: DocId) -> u32 {
        self.places[document as usize]
    }

    /// The place that an id has, or would have.
    pub fn place_of(&self, id: &str) -> Result<u32, IndexError> {
        let hit = self.column.dictionary().term_ord_or_next(id.as_bytes())?;
        let (TermOrdHit::Exact(place) | TermOrdHit::Next(place)) = hit;
        Ok(u32::try_from(place).unwrap_or(u32::MAX))
    }

    /// The id at a place.
    pub fn at(&self, place: u32) -> Result<String, IndexError> {
        text_at(&self.column, u64::from(place))
    }
}

/// The text that a column numbers so.
pub fn text_at(column: &StrColumn, ordinal: u64) -> Result<String, IndexError> {
    let mut text = String::new();
    column.ord_to_str(ordinal, &mut text)?;
    Ok(text)
}

/// A column of texts that every segment with documents has.
pub fn string_column(reader: &SegmentReader, name: &str) -> Result<StrColumn, IndexError> {
    let column = reader.fast_fields().str(name)?;
    column.ok_or_else(|| IndexError::Damaged(format!("a segment without the column {name}")))
}

/// Something of each group of texts in each language.
fn in_both<T>(
    fields: &Fields,
    of: impl Fn(Field) -> Result<T, IndexError>,
) -> Result<Vec<[T; 2]>, IndexError> {
    let groups = fields.texts.iter();
    groups
        .map(|[one, other]| Ok([of(*one)?, of(*other)?]))
        .collect()
}

fn length(stems: &InvertedIndexReader, norms: &FieldNormReader) -> TextLength {
    let documents = (0..norms.num_docs()).filter(|document| norms.fieldnorm_id(*document) > 0);
    TextLength {
        words: stems.total_num_tokens(),
        documents: documents.count() as u64,
    }
}
