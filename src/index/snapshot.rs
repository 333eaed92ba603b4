//! The index as one search sees it: a moment that does not move while it is looked at.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::Date;
use tantivy::index::SegmentId;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocSet, Searcher, TERMINATED, Term};

use super::IndexError;
use super::found_words::FoundWords;
use super::highlight::Highlighter;
use super::record::StoredRecord;
use super::schema::Fields;
use super::segment::{Columns, Segment, TextLength};
use crate::domain::resource::ResourceId;
use crate::domain::vocabulary::Vocabularies;
use crate::query::attributes::{Row, Sets};
use crate::query::found::Place;

/// Everything committed up to one change of the journal.
pub struct Snapshot {
    pub(super) fields: Arc<Fields>,
    pub(super) segments: Vec<Segment>,
    pub(super) lengths: Vec<[TextLength; 2]>,
    pub(super) vocabularies: Arc<Vocabularies>,
    searcher: Searcher,
    sets: Arc<Sets>,
    columns: HashMap<SegmentId, Arc<Columns>>,
    pub(super) found_words: FoundWords,
    generation: String,
    sequence: u64,
    number: u64,
}

/// What is said of a snapshot from outside.
pub struct Identity {
    pub generation: String,
    pub sequence: u64,
}

impl Snapshot {
    /// The searcher's moment. Columns and sets of `before` are taken over, so that a small commit costs little.
    pub fn new(
        searcher: Searcher,
        fields: Arc<Fields>,
        vocabularies: Arc<Vocabularies>,
        identity: Identity,
        before: Option<&Snapshot>,
    ) -> Result<Snapshot, IndexError> {
        let mut sets =
            before.map_or_else(|| Arc::new(Sets::new()), |before| Arc::clone(&before.sets));
        let mut segments = Vec::with_capacity(searcher.segment_readers().len());
        let mut columns = HashMap::new();
        for reader in searcher.segment_readers() {
            let id = reader.segment_id();
            let known = before.and_then(|before| before.columns.get(&id)).cloned();
            let own = match known {
                Some(known) => known,
                None => Arc::new(Columns::load(
                    reader,
                    &fields,
                    Arc::make_mut(&mut sets),
                    &vocabularies,
                )?),
            };
            columns.insert(id, Arc::clone(&own));
            segments.push(Segment {
                reader: reader.clone(),
                columns: own,
            });
        }
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let lengths = total_lengths(&segments, fields.texts.len());
        let Identity {
            generation,
            sequence,
        } = identity;
        Ok(Snapshot {
            fields,
            segments,
            lengths,
            vocabularies,
            searcher,
            sets,
            columns,
            found_words: FoundWords::new(),
            generation,
            sequence,
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// Which snapshot this is, of all that this process has seen: a [`Place`] found in one means nothing in another, even
    /// when both know the same resources.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether a searcher sees what this snapshot does.
    pub(super) fn is_of(&self, searcher: &Searcher, identity: &Identity) -> bool {
        (&self.generation, self.sequence) == (&identity.generation, identity.sequence)
            && self.searcher.generation().segments() == searcher.generation().segments()
    }

    /// The numbered sets that the rows of this snapshot refer to.
    pub fn sets(&self) -> &Arc<Sets> {
        &self.sets
    }

    /// The generation this snapshot belongs to.
    pub fn generation(&self) -> &str {
        &self.generation
    }

    /// The last change of the journal that is in it.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// How many resources are in it.
    pub fn resources(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// How many segments it consists of.
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// The record at a place, as the API shows it: JSON without `provenance.raw`, with `runs_on`.
    pub fn record(&self, place: Place) -> Result<String, IndexError> {
        let address = DocAddress::new(place.segment, place.document);
        let StoredRecord(record) = self.searcher.doc(address)?;
        Ok(record)
    }

    /// The id of the resource at a place.
    pub fn id(&self, place: Place) -> Result<String, IndexError> {
        let ids = &self.segments[place.segment as usize].columns.ids;
        ids.at(ids.place(place.document))
    }

    /// Marks words as this snapshot finds them, see [`Highlighter::new`].
    pub fn highlighter<'a>(
        &self,
        words: impl Iterator<Item = &'a str>,
        unfinished: Option<&str>,
    ) -> Highlighter {
        Highlighter::new(words, unfinished, &self.fields.stems)
    }

    /// Where a resource is, when it is in this snapshot.
    pub fn find(&self, id: &ResourceId) -> Result<Option<Place>, IndexError> {
        let term = Term::from_field_text(self.fields.id, id.as_str());
        for (number, segment) in self.segments.iter().enumerate() {
            let inverted = segment.reader.inverted_index(self.fields.id)?;
            let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::Basic)?
            else {
                continue;
            };
            while postings.doc() != TERMINATED {
                if !segment.reader.is_deleted(postings.doc()) {
                    return Ok(Some(Place {
                        segment: number as u32,
                        document: postings.doc(),
                    }));
                }
                postings.advance();
            }
        }
        Ok(None)
    }

    /// The attributes of the resource at a place.
    pub fn row(&self, place: Place) -> Row {
        let columns = &self.segments[place.segment as usize].columns;
        columns.rows.row(place.document)
    }

    /// The first day of the month in which a resource was last updated, of all resources; the first of all days when none
    /// says when it was.
    pub fn latest_update(&self) -> Result<Date, IndexError> {
        let mut latest = 0;
        for segment in &self.segments {
            let merits = segment.columns.rows.merits();
            let month = |document| self.sets.merits()[merits.get(document)].updated_month;
            let months = segment.reader.doc_ids_alive().map(month);
            latest = months.fold(latest, u16::max);
        }
        let (years, months) = (latest / 12, latest % 12);
        Date::new(1970 + years as i16, months as i8 + 1, 1)
            .map_err(|error| IndexError::Damaged(format!("an update in month {latest}: {error}")))
    }

    pub(super) fn searcher(&self) -> &Searcher {
        &self.searcher
    }
}

fn total_lengths(segments: &[Segment], groups: usize) -> Vec<[TextLength; 2]> {
    let mut totals = vec![[TextLength::default(); 2]; groups];
    for segment in segments {
        for (total, own) in totals
            .iter_mut()
            .flatten()
            .zip(segment.columns.lengths.iter().flatten())
        {
            total.words += own.words;
            total.documents += own.documents;
        }
    }
    totals
}
