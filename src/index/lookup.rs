//! The words of a question as this snapshot knows them: where their lists lie, what stands for them, what a misspelled
//! or unfinished one probably is.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use tantivy::postings::TermInfo;

use super::IndexError;
use super::segment::Segment;
use super::snapshot::Snapshot;
use crate::domain::language::Language;
use crate::domain::text;
use crate::index_schema::IndexSchema;
use crate::query::expansions::{Expansion, Kind};
use crate::query::plan::Plan;
use crate::query::text_field::TextScoring;

/// The words of a plan, looked up in the dictionaries of a snapshot.
pub struct Lookup {
    /// For each word that some resource has: itself and what may stand for it.
    words: Vec<Vec<Variant>>,
    /// Words that no resource has, each with what was looked up in its place.
    pub corrections: Vec<(String, String)>,
    /// The score of a document that could not match better.
    pub best_score: f32,
}

/// How a word is looked up.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sought {
    /// By its stems in all languages, and in its exact form.
    Whole,
    /// By its stem in one language.
    In(Language),
    /// As the beginning of other words, without the forms it finds by itself.
    Begun,
}

/// What the dictionaries say of a word.
pub struct FoundWord {
    /// The stems by which it was looked up.
    stems: Vec<(Language, String)>,
    pub variant: Variant,
}

/// A form of a word of the question: itself, a synonym, a translation, or the words it begins.
#[derive(Clone)]
pub struct Variant {
    /// By segment.
    pub places: Arc<[WordPlaces]>,
    /// How many documents have the word, in the group of texts where most have it.
    pub(super) in_documents: u64,
    /// How much the word tells resources apart; 0 when none has it.
    pub idf: f32,
    /// What it counts, as a share of the word itself.
    pub share: f32,
    /// What the exact form adds, as a share of a full match.
    pub exactness: f32,
}

/// Where a word's lists lie in one segment.
#[derive(Clone, Default)]
pub struct WordPlaces {
    /// By language: the stem's list in each group of texts that has it.
    pub stems: [Vec<(usize, TermInfo)>; 2],
    /// The lists of exact forms.
    pub exact: Vec<TermInfo>,
}

/// How many times rarer a word may count than the translations of what it stands for.
///
/// A word of the other language is met in names alone ("kids" in a French catalogue), and one translation may be rare
/// beside the others: neither tells as much as its own frequency says. Pirkola's structured queries take the frequency of
/// all together (*The effects of query structure and dictionary setups*, SIGIR 1998); here that flattened the
/// words of ordinary questions, and lost more than it gave.
const MOST_TIMES_RARER: u64 = 4;

/// A word that people are still typing is not completed before it has so many letters.
const SHORTEST_PREFIX: usize = 3;

/// How many words that begin like the last one are looked at, and how many are kept: the most frequent.
const MOST_COMPLETIONS_READ: usize = 4_000;
const MOST_COMPLETIONS: usize = 100;

impl Snapshot {
    /// Looks up the words of a plan, those that no resource has in any form as what they probably stand for.
    pub fn look_up(
        &self,
        plan: &Plan,
        scoring: &TextScoring,
        schema: &IndexSchema,
    ) -> Result<Lookup, IndexError> {
        let mut words = Vec::with_capacity(plan.words.len());
        let mut corrections = Vec::new();
        for (place, (word, times)) in plan.words.iter().zip(&plan.times).enumerate() {
            let mut variants = self.variants(word, plan, scoring)?;
            if variants.is_empty() {
                let corrected = self.corrected(&plan.words, place, schema)?;
                if let [(_, correction), ..] = &corrected[..] {
                    variants = self.variants(correction, plan, scoring)?;
                }
                corrections.extend(corrected);
            }
            // A word that was typed twice weighs twice, as in BM25 for queries.
            for variant in &mut variants {
                variant.share *= *times as f32;
            }
            if !variants.is_empty() {
                words.push(variants);
            }
        }
        let best = |variants: &Vec<Variant>| {
            let scores = variants
                .iter()
                .map(|variant| variant.share * variant.idf * (1.0 + variant.exactness));
            scores.fold(0.0, f32::max)
        };
        Ok(Lookup {
            best_score: words.iter().map(best).sum(),
            words,
            corrections,
        })
    }

    /// The word and what stands for it, as far as some resource has it.
    fn variants(
        &self,
        word: &str,
        plan: &Plan,
        scoring: &TextScoring,
    ) -> Result<Vec<Variant>, IndexError> {
        let own = self.find_word(word, Sought::Whole)?;
        let mut variants = vec![Variant {
            exactness: scoring.exactness,
            ..own.variant.clone()
        }];
        // Of forms that are found together the one that counts most is enough.
        let mut stems = own.stems.clone();
        let mut in_other_language = [0; 2];
        for (share, expansion) in shares(word, plan, scoring) {
            let other = self.find_word(&expansion.word, Sought::In(expansion.language))?;
            if other.stems.iter().all(|stem| stems.contains(stem)) {
                continue;
            }
            stems.extend_from_slice(&other.stems);
            let found = other.variant.clone();
            if expansion.kind == Kind::Translation && expansion.parts == 1 {
                in_other_language[expansion.language as usize] += found.in_documents;
            }
            variants.push(Variant { share, ..found });
        }
        let [one, other] = in_other_language;
        let least = one.max(other) / MOST_TIMES_RARER;
        for variant in &mut variants {
            variant.count_in(least, self.resources());
        }
        if plan.unfinished.as_deref() == Some(word) && word.chars().count() >= SHORTEST_PREFIX {
            variants.push(Variant {
                share: scoring.prefix,
                ..self.find_word(word, Sought::Begun)?.variant.clone()
            });
        }
        variants.retain(|variant| variant.idf > 0.0);
        Ok(variants)
    }

    /// Where a word lies.
    pub(super) fn find_word(
        &self,
        word: &str,
        sought: Sought,
    ) -> Result<Arc<FoundWord>, IndexError> {
        self.found_words.get_or(word, sought, || {
            let (stems, exact) = match sought {
                Sought::Whole => (self.stems(word, &Language::ALL), Some(word)),
                Sought::In(language) => (self.stems(word, &[language]), None),
                Sought::Begun => {
                    return Ok(FoundWord {
                        stems: Vec::new(),
                        variant: self.find_begun(word)?,
                    });
                }
            };
            Ok(FoundWord {
                variant: self.find_stems(&stems, exact)?,
                stems,
            })
        })
    }

    /// The stems of a word in some languages.
    fn stems(&self, word: &str, languages: &[Language]) -> Vec<(Language, String)> {
        let stem = |language| self.fields.stems[language as usize].stem(word);
        languages
            .iter()
            .map(|language| (*language, stem(*language)))
            .collect()
    }

    /// The lists of stems, and of an exact form.
    fn find_stems(
        &self,
        stems: &[(Language, String)],
        exact: Option<&str>,
    ) -> Result<Variant, IndexError> {
        let mut in_documents = vec![[0_u64; 2]; self.fields.texts.len()];
        let mut places = Vec::with_capacity(self.segments.len());
        for Segment { columns, .. } in &self.segments {
            let mut found = WordPlaces::default();
            for (language, stem) in stems {
                let language = *language as usize;
                for (group, dictionaries) in columns.stems.iter().enumerate() {
                    if let Some(info) = dictionaries[language].terms().get(stem)? {
                        in_documents[group][language] += u64::from(info.doc_freq);
                        found.stems[language].push((group, info));
                    }
                }
            }
            // A form without a stem in any text is in no text.
            if let Some(exact) = exact
                && found.stems.iter().any(|groups| !groups.is_empty())
            {
                found.exact.extend(columns.exact.terms().get(exact)?);
            }
            places.push(found);
        }
        let most = in_documents.into_iter().flatten().max().unwrap_or(0);
        Ok(Variant {
            places: places.into(),
            in_documents: most,
            idf: idf(most, self.resources()),
            share: 1.0,
            exactness: 0.0,
        })
    }

    /// The words that begin with an unfinished one, as one variant of it, without the forms it finds by itself.
    fn find_begun(&self, word: &str) -> Result<Variant, IndexError> {
        let own_stems = self.stems(word, &Language::ALL);
        let is_own = |form: &str| {
            let stem = |language: Language| self.fields.stems[language as usize].stem(form);
            form.len() <= word.len() + LONGEST_ENDING
                && own_stems
                    .iter()
                    .any(|(language, own)| stem(*language) == *own)
        };
        let mut letters = Vec::new();
        let mut found = Vec::new();
        for (number, segment) in self.segments.iter().enumerate() {
            let begun = segment.columns.exact.terms().range();
            let begun = begun.gt(word).lt(text::after_all(word));
            let mut stream = begun.into_stream()?;
            for _ in 0..MOST_COMPLETIONS_READ {
                let Some((form, info)) = stream.next() else {
                    break;
                };
                let begin = letters.len();
                letters.extend_from_slice(form);
                found.push((begin..letters.len(), number, info.clone()));
            }
        }
        let form = |found: &(Range<usize>, usize, TermInfo)| &letters[found.0.clone()];
        // One segment's forms come in order, each once.
        if self.segments.len() > 1 {
            found.sort_by(|one, other| form(one).cmp(form(other)));
        }
        let forms = found.chunk_by(|one, other| form(one) == form(other));
        let forms: Vec<_> = forms.collect();
        let frequency = |number: usize| {
            let in_segments = forms[number].iter();
            in_segments
                .map(|(_, _, info)| u64::from(info.doc_freq))
                .sum::<u64>()
        };
        let by_frequency = (0..forms.len()).map(|number| (frequency(number), Reverse(number)));
        let mut by_frequency: BinaryHeap<_> = by_frequency.collect();
        let mut places = vec![WordPlaces::default(); self.segments.len()];
        let (mut in_documents, mut kept) = (0, 0);
        while kept < MOST_COMPLETIONS
            && let Some((frequency, Reverse(number))) = by_frequency.pop()
        {
            let found = forms[number];
            if std::str::from_utf8(form(&found[0])).is_ok_and(is_own) {
                continue;
            }
            (in_documents, kept) = (in_documents + frequency, kept + 1);
            for (_, segment, info) in found {
                places[*segment].exact.push(info.clone());
            }
        }
        Ok(Variant {
            places: places.into(),
            in_documents,
            idf: idf(in_documents, self.resources()),
            share: 1.0,
            exactness: 1.0,
        })
    }
}

/// The expansions of a word with what each counts, the most first.
fn shares<'p>(word: &str, plan: &'p Plan, scoring: &TextScoring) -> Vec<(f32, &'p Expansion)> {
    let own = plan
        .expansions
        .iter()
        .filter(|expansion| expansion.of == word);
    let mut shares: Vec<(f32, &Expansion)> = own
        .map(|expansion| {
            let share = match expansion.kind {
                Kind::Synonym => scoring.synonym,
                Kind::Translation => scoring.translation,
            };
            (share / expansion.parts as f32, expansion)
        })
        .collect();
    shares.sort_by(|one, other| other.0.total_cmp(&one.0));
    shares
}

impl Variant {
    /// About how much memory it takes.
    pub fn bytes(&self) -> u32 {
        let of_segment = |places: &WordPlaces| {
            let stems = places.stems.iter().map(|groups| size_of_val(&groups[..]));
            size_of_val(places) + stems.sum::<usize>() + size_of_val(&places.exact[..])
        };
        let places: usize = self.places.iter().map(of_segment).sum();
        u32::try_from(size_of_val(self) + places).unwrap_or(u32::MAX)
    }

    /// Counts as many documents as having it as there are in `least`, at least.
    fn count_in(&mut self, least: u64, documents: u64) {
        if self.in_documents > 0 && self.in_documents < least {
            self.idf = idf(least, documents);
        }
    }
}

/// How much longer than a word its other forms are, in bytes.
const LONGEST_ENDING: usize = 4;

#[cfg(test)]
impl FoundWord {
    /// A word of which nothing is known but how many documents have it.
    pub fn in_documents(in_documents: u64) -> Self {
        FoundWord {
            stems: Vec::new(),
            variant: Variant {
                places: Arc::default(),
                in_documents,
                idf: 0.0,
                share: 1.0,
                exactness: 0.0,
            },
        }
    }
}

impl Lookup {
    /// The variants of each word that some resource has.
    pub fn words(&self) -> impl Iterator<Item = &[Variant]> {
        self.words.iter().map(Vec::as_slice)
    }
}

/// The weight of a word by how many documents have it (Lucene's form of the BM25 idf, which is never negative).
pub(super) fn idf(in_documents: u64, documents: u64) -> f32 {
    if in_documents == 0 {
        return 0.0;
    }
    let (n, df) = (documents.max(in_documents) as f32, in_documents as f32);
    (1.0 + (n - df + 0.5) / (df + 0.5)).ln()
}
