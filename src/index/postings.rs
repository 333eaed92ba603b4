//! How well each document of a segment matches the words: BM25F, added up window by window.
//!
//! A window is a run of neighbouring documents whose scores fit in the cache. For each word, the lists of its fields
//! are added into the window one after the other, then saturated; a document is looked at once a list, never compared
//! with others. The matches then come out in order, with their scores.

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, SegmentReader, Term};

use super::IndexError;
use super::analysis::Stems;
use super::segment::{TextLength, field_norms};
use super::snapshot::Snapshot;
use crate::domain::language::Language;
use crate::query::expansions::Kind;
use crate::query::plan::Plan;
use crate::query::text_field::TextScoring;

/// Documents a window covers: three buffers of 4 bytes each stay within a second-level cache.
const WINDOW: usize = 1 << 15;

/// A word of the question and what may stand for it, each with its share; a document counts by the best of them.
pub struct PlannedWord(Vec<(WordTerms, f32)>);

impl PlannedWord {
    pub fn new(
        word: &str,
        plan: &Plan,
        scoring: &TextScoring,
        snapshot: &Snapshot,
    ) -> Result<PlannedWord, IndexError> {
        let mut variants = vec![(WordTerms::new(word, snapshot)?, 1.0)];
        for expansion in plan
            .expansions
            .iter()
            .filter(|expansion| expansion.of == word)
        {
            let share = match expansion.kind {
                Kind::Synonym => scoring.synonym,
                Kind::Translation => scoring.translation,
            };
            variants.push((WordTerms::new(&expansion.word, snapshot)?, share));
        }
        variants.retain(|(terms, _)| terms.idf > 0.0);
        Ok(PlannedWord(variants))
    }

    /// What a document gets at best for the word.
    fn best_score(&self, scoring: &TextScoring) -> f32 {
        let of_variant =
            |(terms, share): &(WordTerms, f32)| share * terms.idf * (1.0 + scoring.exactness);
        self.0.iter().map(of_variant).fold(0.0, f32::max)
    }
}

/// A word, looked up once in the dictionaries of every segment.
pub struct WordTerms {
    /// By segment.
    places: Vec<WordPlaces>,
    /// How much the word tells resources apart; 0 when none has it.
    idf: f32,
}

/// Where a word's lists lie in one segment; absent where the segment has none.
struct WordPlaces {
    /// By language, by group: the list of the stem in that field.
    stems: [Vec<Option<TermInfo>>; 2],
    exact: Option<TermInfo>,
}

impl WordTerms {
    pub fn new(word: &str, snapshot: &Snapshot) -> Result<WordTerms, IndexError> {
        let fields = &snapshot.fields;
        let stems = Language::ALL.map(|language| Stems::new(language).stem(word));
        let mut in_documents = vec![[0_u64; 2]; fields.texts.len()];
        let mut places = Vec::with_capacity(snapshot.segments.len());
        for segment in &snapshot.segments {
            let find = |field: Field, form: &str| {
                let dictionary = segment.reader.inverted_index(field)?;
                Ok::<_, IndexError>(dictionary.get_term_info(&Term::from_field_text(field, form))?)
            };
            let mut found = WordPlaces {
                stems: [vec![], vec![]],
                exact: find(fields.exact, word)?,
            };
            for (group, by_language) in fields.texts.iter().enumerate() {
                for language in 0..2 {
                    let info = find(by_language[language], &stems[language])?;
                    in_documents[group][language] +=
                        info.as_ref().map_or(0, |info| u64::from(info.doc_freq));
                    found.stems[language].push(info);
                }
            }
            places.push(found);
        }
        let most = in_documents.into_iter().flatten().max().unwrap_or(0);
        Ok(WordTerms {
            places,
            idf: idf(most, snapshot.searcher().num_docs()),
        })
    }

    /// Every document of a segment that has the word in any field, whatever its form.
    pub fn mark(
        &self,
        number: usize,
        snapshot: &Snapshot,
        bits: &mut Bits,
    ) -> Result<(), IndexError> {
        let reader = &snapshot.segments[number].reader;
        let places = &self.places[number];
        let by_field = places
            .stems
            .iter()
            .enumerate()
            .flat_map(|(language, groups)| {
                groups
                    .iter()
                    .zip(&snapshot.fields.texts)
                    .map(move |(info, group)| (group[language], info))
            });
        for (field, info) in by_field.chain([(snapshot.fields.exact, &places.exact)]) {
            if let Some(info) = info {
                let mut list = List::open(reader, field, info, IndexRecordOption::Basic)?;
                list.for_each_below(DocId::MAX, |document, _| bits.set(document as usize));
            }
        }
        Ok(())
    }
}

/// The weight of a word by how many documents have it (Lucene's form of the BM25 idf, which is never negative).
fn idf(in_documents: u64, documents: u64) -> f32 {
    if in_documents == 0 {
        return 0.0;
    }
    let (n, df) = (documents.max(in_documents) as f32, in_documents as f32);
    (1.0 + (n - df + 0.5) / (df + 0.5)).ln()
}

/// What a field's length and weight make of one occurrence, by the engine's code for lengths.
pub struct LengthFactors(Vec<[[f32; 256]; 2]>);

impl LengthFactors {
    pub fn new(scoring: &TextScoring, lengths: &[[TextLength; 2]]) -> Self {
        let factors = |group: usize, length: TextLength| {
            let average = if length.documents == 0 {
                1.0
            } else {
                length.words as f32 / length.documents as f32
            };
            let (weight, b) = (scoring.weights[group], scoring.length[group]);
            std::array::from_fn(|code| {
                let words = FieldNormReader::id_to_fieldnorm(code as u8) as f32;
                weight / (1.0 - b + b * words / average)
            })
        };
        LengthFactors(
            lengths
                .iter()
                .enumerate()
                .map(|(group, languages)| languages.map(|length| factors(group, length)))
                .collect(),
        )
    }

    fn get(&self, group: usize, language: usize) -> &[f32; 256] {
        &self.0[group][language]
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

/// The lists of one word in one segment.
struct WordLists<'a> {
    languages: [Vec<FieldList<'a>>; 2],
    exact: Option<List>,
    idf: f32,
}

impl<'a> WordLists<'a> {
    fn open(
        word: &WordTerms,
        number: usize,
        snapshot: &Snapshot,
        factors: &'a LengthFactors,
    ) -> Result<WordLists<'a>, IndexError> {
        let (reader, fields) = (&snapshot.segments[number].reader, &snapshot.fields);
        let places = &word.places[number];
        let mut languages = [Vec::new(), Vec::new()];
        for (language, lists) in languages.iter_mut().enumerate() {
            for (group, info) in places.stems[language].iter().enumerate() {
                if let Some(info) = info {
                    let field = fields.texts[group][language];
                    let list = List::open(reader, field, info, IndexRecordOption::WithFreqs)?;
                    let norms = field_norms(reader, field)?;
                    lists.push(FieldList {
                        list,
                        norms,
                        factors: factors.get(group, language),
                    });
                }
            }
        }
        let exact = places.exact.as_ref();
        let exact =
            exact.map(|info| List::open(reader, fields.exact, info, IndexRecordOption::Basic));
        Ok(WordLists {
            languages,
            exact: exact.transpose()?,
            idf: word.idf,
        })
    }
}

/// Calls `each` for every document of the segment that has one of the words, in order, with its score.
///
/// A score is the sum over the words of idf × (saturated BM25F of the better language + exactness); the caller divides
/// by [`best_score`].
pub fn for_each_match(
    words: &[PlannedWord],
    number: usize,
    snapshot: &Snapshot,
    factors: &LengthFactors,
    scoring: &TextScoring,
    buffers: &mut Buffers,
    mut each: impl FnMut(DocId, f32),
) -> Result<(), IndexError> {
    let reader = &snapshot.segments[number].reader;
    let mut lists = Vec::with_capacity(words.len());
    for PlannedWord(variants) in words {
        let open = |(terms, share): &(WordTerms, f32)| {
            Ok::<_, IndexError>((WordLists::open(terms, number, snapshot, factors)?, *share))
        };
        lists.push(variants.iter().map(open).collect::<Result<Vec<_>, _>>()?);
    }
    buffers.make_room(WINDOW.min(reader.max_doc() as usize));
    let mut base = 0;
    while base < reader.max_doc() {
        let end = (base + WINDOW as DocId).min(reader.max_doc());
        for variants in &mut lists {
            buffers.add_word(variants, base, end, scoring);
        }
        buffers.drain_scores(|place, score| each(base + place as DocId, score));
        base = end;
    }
    Ok(())
}

/// The score of a document that could not match better.
pub fn best_score(words: &[PlannedWord], scoring: &TextScoring) -> f32 {
    words.iter().map(|word| word.best_score(scoring)).sum()
}

/// The window's numbers, one for each of its documents; all zero between uses.
#[derive(Default)]
pub struct Buffers {
    scores: Vec<f32>,
    /// Weighted occurrences of the current variant in the current language.
    occurrences: Vec<f32>,
    /// The current variant's best language so far.
    best: Vec<f32>,
    /// The current word's best variant so far.
    word: Vec<f32>,
    matched: Bits,
    in_word: Bits,
    in_variant: Bits,
    in_language: Bits,
}

impl Buffers {
    fn make_room(&mut self, documents: usize) {
        if self.scores.len() < documents {
            for numbers in [
                &mut self.scores,
                &mut self.occurrences,
                &mut self.best,
                &mut self.word,
            ] {
                numbers.resize(documents, 0.0);
            }
            for bits in [
                &mut self.matched,
                &mut self.in_word,
                &mut self.in_variant,
                &mut self.in_language,
            ] {
                bits.make_room(documents);
            }
        }
    }

    /// Adds what each document of the window gets for a word: the best of the word's variants.
    fn add_word(
        &mut self,
        variants: &mut [(WordLists, f32)],
        base: DocId,
        end: DocId,
        scoring: &TextScoring,
    ) {
        for (lists, share) in variants {
            let weight = *share * lists.idf;
            self.find_variant(lists, base, end, scoring);
            let Buffers {
                best,
                in_variant,
                word,
                in_word,
                ..
            } = self;
            in_variant.drain(|place| {
                word[place] = word[place].max(weight * std::mem::take(&mut best[place]));
                in_word.set(place);
            });
        }
        let Buffers {
            scores,
            word,
            in_word,
            matched,
            ..
        } = self;
        in_word.drain(|place| {
            scores[place] += std::mem::take(&mut word[place]);
            matched.set(place);
        });
    }

    /// How well each document of the window has one variant of a word: the better language, and the exact form.
    fn find_variant(
        &mut self,
        lists: &mut WordLists,
        base: DocId,
        end: DocId,
        scoring: &TextScoring,
    ) {
        let Buffers {
            occurrences,
            best,
            in_variant,
            in_language,
            ..
        } = self;
        for lists in lists.languages.iter_mut().filter(|lists| !lists.is_empty()) {
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
                    in_language.set(place);
                });
            }
            in_language.drain(|place| {
                let weighted = std::mem::take(&mut occurrences[place]);
                best[place] = best[place].max(weighted / (scoring.saturation + weighted));
                in_variant.set(place);
            });
        }
        if let Some(exact) = &mut lists.exact {
            exact.for_each_below(end, |document, _| {
                let place = (document - base) as usize;
                best[place] += scoring.exactness;
                in_variant.set(place);
            });
        }
    }

    fn drain_scores(&mut self, mut each: impl FnMut(usize, f32)) {
        let Buffers {
            scores, matched, ..
        } = self;
        matched.drain(|place| each(place, std::mem::take(&mut scores[place])));
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

    /// Goes through the set in order, leaving it empty.
    #[inline]
    fn drain(&mut self, mut each: impl FnMut(usize)) {
        for (block, bits) in self.0.iter_mut().enumerate() {
            let mut rest = std::mem::take(bits);
            while rest != 0 {
                each(block * 64 + rest.trailing_zeros() as usize);
                rest &= rest - 1;
            }
        }
    }
}
