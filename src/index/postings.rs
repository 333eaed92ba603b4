//! How well each document of a segment matches the words: BM25F, added up window by window.
//!
//! For each word, the lists of its fields are added into the window one after the other, then saturated; a document is
//! looked at once a list, never compared with others. The matches then come out in order, with their scores.

use tantivy::DocId;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::index::InvertedIndexReader;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;

use super::IndexError;
use super::bits::Bits;
use super::lengths::{LengthFactors, Saturations};
use super::lookup::{Variant, WordPlaces};
use super::segment::{Columns, Segment};
use super::window::{WINDOW, Window, Worth};

/// A list of documents in order, with a place in it.
struct List {
    /// A kilobyte, which lists of lists would copy at every step while they are put together.
    postings: Box<BlockSegmentPostings>,
    at: usize,
}

impl List {
    fn open(
        dictionary: &InvertedIndexReader,
        info: &TermInfo,
        option: IndexRecordOption,
    ) -> Result<List, IndexError> {
        let postings = dictionary.read_block_postings_from_terminfo(info, option)?;
        Ok(List {
            postings: Box::new(postings),
            at: 0,
        })
    }

    /// The first document that was not gone through yet.
    #[inline]
    fn next(&self) -> Option<DocId> {
        self.postings.docs().get(self.at).copied()
    }

    /// Goes through the documents before `end` that were not gone through yet, some at a time, with how often each has
    /// the term where that was asked for.
    #[inline]
    fn for_each_below(&mut self, end: DocId, mut each: impl FnMut(&[DocId], &[u32])) {
        loop {
            let documents = self.postings.docs();
            let Some(last) = documents.last() else {
                return;
            };
            let is_whole = *last < end;
            let to = match is_whole {
                true => documents.len(),
                false => documents.partition_point(|document| *document < end),
            };
            let run = self.at.min(to)..to;
            let counts = self.postings.freqs().get(run.clone());
            each(&documents[run], counts.unwrap_or_default());
            self.at = to;
            if !is_whole {
                return;
            }
            self.postings.advance();
            self.at = 0;
        }
    }
}

/// Documents that the engine packs, and hands over, together.
const BLOCK: usize = 128;

/// Those documents of a block that get a score, with how often each has the term.
struct Chosen {
    documents: [DocId; BLOCK],
    counts: [u32; BLOCK],
    len: usize,
}

impl Chosen {
    #[inline]
    fn of(documents: &[DocId], counts: &[u32], scored: &Bits) -> Chosen {
        let mut chosen = Chosen {
            documents: [0; BLOCK],
            counts: [0; BLOCK],
            len: 0,
        };
        for (at, document) in documents.iter().enumerate() {
            chosen.documents[chosen.len % BLOCK] = *document;
            chosen.counts[chosen.len % BLOCK] = counts.get(at).copied().unwrap_or(1);
            chosen.len += usize::from(scored.contains(*document));
        }
        chosen
    }

    fn documents(&self) -> &[DocId] {
        &self.documents[..self.len]
    }

    fn counts(&self) -> &[u32] {
        &self.counts[..self.len]
    }
}

/// A list of a field, with what an occurrence in it is worth by length.
struct FieldList<'a> {
    list: List,
    language: usize,
    norms: &'a FieldNormReader,
    factors: &'a [f32; 256],
}

/// The lists of one variant of a word in one segment.
struct VariantLists<'a> {
    stems: Vec<FieldList<'a>>,
    exact: Vec<List>,
    worth: Worth,
}

impl<'a> VariantLists<'a> {
    fn open(
        variant: &Variant,
        number: usize,
        columns: &'a Columns,
        factors: &'a LengthFactors,
    ) -> Result<VariantLists<'a>, IndexError> {
        let places = &variant.places[number];
        let mut stems = Vec::with_capacity(places.stems.iter().map(Vec::len).sum());
        for (language, groups) in places.stems.iter().enumerate() {
            for (group, info) in groups {
                let dictionary = &columns.stems[*group][language];
                stems.push(FieldList {
                    list: List::open(dictionary, info, IndexRecordOption::WithFreqs)?,
                    language,
                    norms: &columns.norms[*group][language],
                    factors: &factors.occurrence[*group][language],
                });
            }
        }
        let open = |info| List::open(&columns.exact, info, IndexRecordOption::Basic);
        Ok(VariantLists {
            stems,
            exact: places.exact.iter().map(open).collect::<Result<_, _>>()?,
            worth: Worth {
                weight: variant.share * variant.idf,
                exactness: variant.exactness,
            },
        })
    }

    fn lists(&self) -> impl Iterator<Item = &List> {
        self.stems.iter().map(|stem| &stem.list).chain(&self.exact)
    }

    /// Adds what the variant is worth to the documents of the window, which ends before `end`.
    ///
    /// Of documents that are not in `scored`, where that is given, it is only noted that they match.
    fn add_to(
        &mut self,
        window: &mut Window,
        end: DocId,
        saturations: &Saturations,
        scored: Option<&Bits>,
    ) {
        for stem in &mut self.stems {
            let (norms, factors) = (stem.norms, stem.factors);
            let worth = |document| factors[usize::from(norms.fieldnorm_id(document))];
            stem.list.for_each_below(end, |documents, counts| {
                let language = stem.language;
                let Some(scored) = scored else {
                    window.add_occurrences(language, documents, counts, worth);
                    return;
                };
                window.add_matches(documents);
                let chosen = Chosen::of(documents, counts, scored);
                window.add_occurrences(language, chosen.documents(), chosen.counts(), worth);
            });
        }
        for list in &mut self.exact {
            list.for_each_below(end, |documents, counts| {
                let Some(scored) = scored else {
                    window.add_exact(documents);
                    return;
                };
                window.add_matches(documents);
                let chosen = Chosen::of(documents, counts, scored);
                window.add_exact(chosen.documents());
            });
        }
        window.end_variant(self.worth, saturations);
    }
}

/// Every document of a segment that has a word in any field, whatever its form.
pub fn mark(places: &WordPlaces, columns: &Columns, bits: &mut Bits) -> Result<(), IndexError> {
    let stems = places.stems.iter().enumerate();
    let stems = stems.flat_map(|(language, groups)| {
        groups
            .iter()
            .map(move |(group, info)| (&columns.stems[*group][language], info))
    });
    let exact = places.exact.iter().map(|info| (&columns.exact, info));
    for (dictionary, info) in stems.chain(exact) {
        let mut list = List::open(dictionary, info, IndexRecordOption::Basic)?;
        list.for_each_below(DocId::MAX, |documents, _| {
            documents.iter().for_each(|document| bits.set(*document));
        });
    }
    Ok(())
}

/// Hands `some` every document of the segment that has one of the words (each a list of its variants), in order, some at
/// a time, with their scores; where `scored` is given, only those in it. `matched` learns of all.
///
/// A score is the sum over the words of the best of their variants: share × idf × (saturated BM25F of the better
/// language + exactness).
#[allow(
    clippy::too_many_arguments,
    reason = "what one pass over a segment needs"
)]
pub fn for_each_match<'a>(
    words: impl Iterator<Item = &'a [Variant]>,
    number: usize,
    segment: &Segment,
    factors: &LengthFactors,
    window: &mut Window,
    scored: Option<&Bits>,
    mut matched: Option<&mut Bits>,
    mut some: impl FnMut(&[DocId], &[f32]),
) -> Result<(), IndexError> {
    let columns = &*segment.columns;
    let open = |variant| VariantLists::open(variant, number, columns, factors);
    let mut words = words
        .map(|variants| variants.iter().map(open).collect::<Result<Vec<_>, _>>())
        .collect::<Result<Vec<_>, _>>()?;
    let saturations = factors.saturations(columns);
    let next = |words: &[Vec<VariantLists>]| {
        let lists = words.iter().flatten().flat_map(VariantLists::lists);
        lists.filter_map(List::next).min()
    };
    // Where no list has a document, there is no window.
    while let Some(document) = next(&words) {
        let base = document - document % WINDOW as DocId;
        let end = base + WINDOW as DocId;
        window.move_to(base);
        for variants in &mut words {
            for variant in variants {
                variant.add_to(window, end, &saturations, scored);
            }
            window.end_word();
        }
        window.drain(scored, matched.as_deref_mut(), &mut some);
    }
    Ok(())
}
