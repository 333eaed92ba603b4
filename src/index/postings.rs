//! How well each document of a segment matches the words: BM25F, added up window by window.
//!
//! A window is a run of neighbouring documents whose scores fit in the cache. For each word, the lists of its fields
//! are added into the window one after the other, then saturated; a document is looked at once a list, never compared
//! with others. The matches then come out in order, with their scores.

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, SegmentReader};

use super::IndexError;
use super::lookup::{Variant, WordPlaces};
use super::segment::{TextLength, field_norms};
use super::snapshot::Snapshot;
use crate::domain::language::Language;
use crate::query::text_field::TextScoring;

/// Documents a window covers: four buffers of 4 bytes each stay within a second-level cache.
const WINDOW: usize = 1 << 15;

/// What lengths make of occurrences, by the engine's code for the length of a field; for each group of texts, in each
/// language.
pub struct LengthFactors {
    /// What one occurrence in the field is worth.
    occurrence: Vec<[[f32; 256]; 2]>,
    /// The field's share in how long its document is, beside the average one.
    document: Vec<[[f32; 256]; 2]>,
    /// What saturation is multiplied with at least.
    least: f32,
}

impl LengthFactors {
    pub fn new(scoring: &TextScoring, lengths: &[[TextLength; 2]]) -> Self {
        let by_code = |factor: &dyn Fn(f32) -> f32| {
            std::array::from_fn(|code| factor(FieldNormReader::id_to_fieldnorm(code as u8) as f32))
        };
        let occurrence = |(group, languages): (usize, &[TextLength; 2])| {
            let (weight, b) = (scoring.weights[group], scoring.length[group]);
            languages.map(|length| {
                let average = length.words as f32 / length.documents.max(1) as f32;
                by_code(&|words| weight / (1.0 - b + b * words / average.max(1.0)))
            })
        };
        let averages = Language::ALL.map(|language| {
            let of_group = |(group, languages): (usize, &[TextLength; 2])| {
                scoring.weights[group] * languages[language as usize].words as f32
            };
            let words: f32 = lengths.iter().enumerate().map(of_group).sum();
            let documents = lengths
                .iter()
                .map(|languages| languages[language as usize].documents);
            (words / documents.max().unwrap_or(0).max(1) as f32).max(1.0)
        });
        let document = |group: usize| {
            let share = scoring.document_length * scoring.weights[group];
            averages.map(|average| by_code(&|words| share * words / average))
        };
        LengthFactors {
            occurrence: lengths.iter().enumerate().map(occurrence).collect(),
            document: (0..lengths.len()).map(document).collect(),
            least: 1.0 - scoring.document_length,
        }
    }
}

/// How long the documents of a segment are beside the average one, in the language in which they say most.
struct DocumentLengths<'a> {
    norms: Vec<[FieldNormReader; 2]>,
    factors: &'a LengthFactors,
}

impl<'a> DocumentLengths<'a> {
    fn open(
        number: usize,
        snapshot: &Snapshot,
        factors: &'a LengthFactors,
    ) -> Result<Self, IndexError> {
        let reader = &snapshot.segments[number].reader;
        let norms = snapshot.fields.texts.iter();
        let norms = norms
            .map(|[one, other]| Ok([field_norms(reader, *one)?, field_norms(reader, *other)?]));
        Ok(DocumentLengths {
            norms: norms.collect::<Result<_, IndexError>>()?,
            factors,
        })
    }

    /// What saturation is multiplied with for a document: 1 for one of average length.
    #[inline]
    fn factor(&self, document: DocId) -> f32 {
        let mut sums = [0.0; 2];
        for (norms, shares) in self.norms.iter().zip(&self.factors.document) {
            for (sum, (norms, shares)) in sums.iter_mut().zip(norms.iter().zip(shares)) {
                *sum += shares[usize::from(norms.fieldnorm_id(document))];
            }
        }
        self.factors.least + sums[0].max(sums[1])
    }
}

/// A list of documents in order, with a place in it.
struct List {
    postings: BlockSegmentPostings,
    at: usize,
}

impl List {
    fn open(
        reader: &SegmentReader,
        field: Field,
        info: &TermInfo,
        option: IndexRecordOption,
    ) -> Result<List, IndexError> {
        let postings = reader
            .inverted_index(field)?
            .read_block_postings_from_terminfo(info, option)?;
        Ok(List { postings, at: 0 })
    }

    /// Goes through the documents before `end` that were not gone through yet, with how often each has the term.
    #[inline]
    fn for_each_below(&mut self, end: DocId, mut each: impl FnMut(DocId, u32)) {
        loop {
            let documents = self.postings.docs();
            if documents.is_empty() {
                return;
            }
            let counts = self.postings.freqs();
            while let Some(document) = documents.get(self.at) {
                if *document >= end {
                    return;
                }
                each(*document, counts.get(self.at).copied().unwrap_or(1));
                self.at += 1;
            }
            self.postings.advance();
            self.at = 0;
        }
    }
}

/// A list of a field, with what an occurrence in it is worth by length.
struct FieldList<'a> {
    list: List,
    norms: FieldNormReader,
    factors: &'a [f32; 256],
}

/// The lists of one variant of a word in one segment.
struct VariantLists<'a> {
    languages: [Vec<FieldList<'a>>; 2],
    exact: Vec<List>,
    exactness: f32,
    /// What the variant's match is multiplied with.
    weight: f32,
}

impl<'a> VariantLists<'a> {
    fn open(
        variant: &Variant,
        number: usize,
        snapshot: &Snapshot,
        factors: &'a LengthFactors,
    ) -> Result<VariantLists<'a>, IndexError> {
        let (reader, fields) = (&snapshot.segments[number].reader, &snapshot.fields);
        let places = &variant.places[number];
        let mut languages = [Vec::new(), Vec::new()];
        for (language, lists) in languages.iter_mut().enumerate() {
            for (group, info) in &places.stems[language] {
                let field = fields.texts[*group][language];
                lists.push(FieldList {
                    list: List::open(reader, field, info, IndexRecordOption::WithFreqs)?,
                    norms: field_norms(reader, field)?,
                    factors: &factors.occurrence[*group][language],
                });
            }
        }
        let open = |info| List::open(reader, fields.exact, info, IndexRecordOption::Basic);
        Ok(VariantLists {
            languages,
            exact: places.exact.iter().map(open).collect::<Result<_, _>>()?,
            exactness: variant.exactness,
            weight: variant.share * variant.idf,
        })
    }
}

/// Every document of a segment that has a word in any field, whatever its form.
pub fn mark(
    places: &WordPlaces,
    number: usize,
    snapshot: &Snapshot,
    bits: &mut Bits,
) -> Result<(), IndexError> {
    let (reader, fields) = (&snapshot.segments[number].reader, &snapshot.fields);
    let stems = places.stems.iter().enumerate();
    let stems = stems.flat_map(|(language, groups)| {
        groups
            .iter()
            .map(move |(group, info)| (fields.texts[*group][language], info))
    });
    for (field, info) in stems.chain(places.exact.iter().map(|info| (fields.exact, info))) {
        let mut list = List::open(reader, field, info, IndexRecordOption::Basic)?;
        list.for_each_below(DocId::MAX, |document, _| bits.set(document as usize));
    }
    Ok(())
}

/// Calls `each` for every document of the segment that has one of the words (each a list of its variants), in order,
/// with its score.
///
/// A score is the sum over the words of the best of their variants: share × idf × (saturated BM25F of the better
/// language + exactness).
pub fn for_each_match<'a>(
    words: impl Iterator<Item = &'a [Variant]>,
    number: usize,
    snapshot: &Snapshot,
    factors: &LengthFactors,
    scoring: &TextScoring,
    buffers: &mut Buffers,
    mut each: impl FnMut(DocId, f32),
) -> Result<(), IndexError> {
    let documents = snapshot.segments[number].reader.max_doc();
    let open = |variant| VariantLists::open(variant, number, snapshot, factors);
    let mut words = words
        .map(|variants| variants.iter().map(open).collect::<Result<Vec<_>, _>>())
        .collect::<Result<Vec<_>, _>>()?;
    buffers.make_room(WINDOW.min(documents as usize));
    let lengths = DocumentLengths::open(number, snapshot, factors)?;
    let mut base = 0;
    while base < documents {
        let end = (base + WINDOW as DocId).min(documents);
        for variants in &mut words {
            buffers.add_word(variants, base, end, scoring.saturation, &lengths);
        }
        buffers.drain_scores(|place, score| each(base + place as DocId, score));
        base = end;
    }
    Ok(())
}

/// The window's numbers, one for each of its documents; all zero between uses.
#[derive(Default)]
pub struct Buffers {
    scores: Vec<f32>,
    /// Weighted occurrences of the current variant, by language.
    occurrences: [Vec<f32>; 2],
    /// The current word's best variant so far.
    word: Vec<f32>,
    matched: Bits,
    in_word: Bits,
    in_variant: Bits,
    in_exact: Bits,
}

impl Buffers {
    fn make_room(&mut self, documents: usize) {
        if self.scores.len() >= documents {
            return;
        }
        let [one, other] = &mut self.occurrences;
        for numbers in [&mut self.scores, one, other, &mut self.word] {
            numbers.resize(documents, 0.0);
        }
        for bits in [
            &mut self.matched,
            &mut self.in_word,
            &mut self.in_variant,
            &mut self.in_exact,
        ] {
            bits.make_room(documents);
        }
    }

    /// Adds what each document of the window gets for a word: the best of the word's variants.
    fn add_word(
        &mut self,
        variants: &mut [VariantLists],
        base: DocId,
        end: DocId,
        saturation: f32,
        lengths: &DocumentLengths,
    ) {
        let alone = variants.len() == 1;
        for variant in variants {
            self.add_occurrences(variant, base, end);
            let Buffers {
                scores,
                occurrences: [one, other],
                word,
                matched,
                in_word,
                in_variant,
                in_exact,
            } = self;
            let VariantLists {
                exactness, weight, ..
            } = *variant;
            let mut worth = |place: usize, exact: bool| {
                // Saturation grows with the occurrences, so the better language is the one with more of them.
                let most = std::mem::take(&mut one[place]).max(std::mem::take(&mut other[place]));
                let exactness = if exact { exactness } else { 0.0 };
                weight
                    * (most / (saturation * lengths.factor(base + place as DocId) + most)
                        + exactness)
            };
            if alone {
                in_variant.drain_with(in_exact, |place, exact| {
                    scores[place] += worth(place, exact)
                });
                matched.unite_and_clear(in_variant);
            } else {
                in_variant.drain_with(in_exact, |place, exact| {
                    word[place] = word[place].max(worth(place, exact));
                });
                in_word.unite_and_clear(in_variant);
            }
        }
        if !alone {
            let Buffers {
                scores,
                word,
                matched,
                in_word,
                ..
            } = self;
            in_word.for_each(|place| scores[place] += std::mem::take(&mut word[place]));
            matched.unite_and_clear(in_word);
        }
    }

    /// How often each document of the window has one variant of a word, by language, and which have its exact form.
    fn add_occurrences(&mut self, variant: &mut VariantLists, base: DocId, end: DocId) {
        let Buffers {
            occurrences,
            in_variant,
            in_exact,
            ..
        } = self;
        for (lists, occurrences) in variant.languages.iter_mut().zip(occurrences) {
            for FieldList {
                list,
                norms,
                factors,
            } in lists
            {
                list.for_each_below(end, |document, count| {
                    let place = (document - base) as usize;
                    occurrences[place] +=
                        count as f32 * factors[usize::from(norms.fieldnorm_id(document))];
                    in_variant.set(place);
                });
            }
        }
        for list in &mut variant.exact {
            list.for_each_below(end, |document, _| {
                let place = (document - base) as usize;
                in_exact.set(place);
                in_variant.set(place);
            });
        }
    }

    fn drain_scores(&mut self, mut each: impl FnMut(usize, f32)) {
        let Buffers {
            scores, matched, ..
        } = self;
        matched.for_each(|place| each(place, std::mem::take(&mut scores[place])));
        matched.clear();
    }
}

/// A set of small numbers, one bit each.
#[derive(Default, Clone)]
pub struct Bits(Vec<u64>);

impl Bits {
    pub fn for_documents(documents: DocId) -> Self {
        let mut bits = Bits::default();
        bits.make_room(documents as usize);
        bits
    }

    fn make_room(&mut self, size: usize) {
        self.0.resize(size.div_ceil(64), 0);
    }

    #[inline]
    pub fn set(&mut self, place: usize) {
        self.0[place / 64] |= 1 << (place % 64);
    }

    #[inline]
    pub fn contains(&self, place: usize) -> bool {
        self.0[place / 64] & (1 << (place % 64)) != 0
    }

    /// Leaves what is in both.
    pub fn intersect(&mut self, other: &Bits) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(own, other)| *own &= other);
    }

    /// Goes through the set in order.
    #[inline]
    fn for_each(&self, mut each: impl FnMut(usize)) {
        for (block, bits) in self.0.iter().enumerate() {
            let mut rest = *bits;
            while rest != 0 {
                each(block * 64 + rest.trailing_zeros() as usize);
                rest &= rest - 1;
            }
        }
    }

    /// Goes through the set in order, saying of each whether it is in `other` too; `other` is left empty.
    #[inline]
    fn drain_with(&self, other: &mut Bits, mut each: impl FnMut(usize, bool)) {
        for (block, (bits, others)) in self.0.iter().zip(&mut other.0).enumerate() {
            let (mut rest, others) = (*bits, std::mem::take(others));
            while rest != 0 {
                let bit = rest.trailing_zeros();
                each(block * 64 + bit as usize, others >> bit & 1 == 1);
                rest &= rest - 1;
            }
        }
    }

    /// Adds what is in `other`, which is left empty.
    fn unite_and_clear(&mut self, other: &mut Bits) {
        for (own, other) in self.0.iter_mut().zip(&mut other.0) {
            *own |= std::mem::take(other);
        }
    }

    fn clear(&mut self) {
        self.0.fill(0);
    }
}
