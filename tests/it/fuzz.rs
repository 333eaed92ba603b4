//! Random texts through everything that reads a question: nothing panics, and nothing takes much longer than other texts
//! of its length, whatever is typed.
//!
//! `CLASSO_FUZZ_INPUTS=10000000` runs the full round: eight minutes with `--release`, hours without.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use tantivy::tokenizer::{TokenStream, Tokenizer};

use super::support::{rounds, seed};
use classo::domain::text;
use classo::index::analysis::{Stems, TextReader, TokenReader, Tokens};
use classo::index::highlight::Highlighter;
use classo::index_schema::IndexSchema;
use classo::query::plan::{Plan, corrected_text};
use classo::query::search_query::Query;

/// What questions are made of: letters of several scripts, signs that mean something, whole words that do.
const PIECES: [&str; 64] = [
    "a",
    "e",
    "é",
    "É",
    "l'",
    "d’",
    "qu'",
    "'",
    "’",
    "ʼ",
    "-",
    " -",
    "\u{2011}",
    "\"",
    "«",
    "»",
    "“",
    "”",
    " ",
    "  ",
    "\t",
    "\n",
    "\u{a0}",
    "\u{301}",
    "\u{200d}",
    "œ",
    "Æ",
    "ß",
    "ﬁ",
    "½",
    "²",
    "№",
    "İ",
    "数",
    "学",
    "א",
    "ع",
    "🙂",
    "👩‍🏫",
    "C++",
    "c#",
    "2e",
    "4ème",
    "XXe",
    "3",
    "sec",
    "sec.",
    "année",
    "gratuit",
    "pour ma",
    "sur iPad",
    "grade",
    "to",
    "et",
    "en anglais",
    "fractions",
    "jeux",
    "yeux",
    "pique-nique",
    "children's",
    "n't",
    "<b>",
    "&",
    "\u{0}",
];

fn typed(rng: &mut StdRng) -> String {
    let pieces = rng.random_range(0..24);
    (0..pieces).map(|_| *PIECES.choose(rng).unwrap()).collect()
}

/// Everything that reads a question, made ready.
struct Readers {
    schema: &'static IndexSchema,
    stems: [Stems; 2],
    texts: TextReader,
}

impl Readers {
    fn new() -> Self {
        let schema = IndexSchema::embedded();
        let stems = Stems::of(schema);
        Readers {
            schema,
            texts: TextReader::new(&stems),
            stems,
        }
    }

    /// Reads a text as a question and as a text of a record.
    fn read(&mut self, typed: &str) {
        let schema = self.schema;
        let query = Query {
            text: typed.to_owned(),
            ..Query::default()
        };
        let understood = schema
            .understanding
            .read(&query, &schema.stop_words, |_| true);
        let plan = Plan::new(
            &understood.in_place_of(&query),
            &schema.stop_words,
            &schema.expansions,
        );
        for word in text::words(typed) {
            assert!(typed.is_char_boundary(word.from) && typed.is_char_boundary(word.to));
            assert!(!word.text.is_empty() && word.from < word.to, "{typed:?}");
        }
        let (mut exact, mut stems) = (Tokens::default(), <[Tokens; 2]>::default());
        self.texts.read(typed, None, &mut exact, &mut stems);
        let mut forms = 0;
        TokenReader::default()
            .token_stream(exact.as_str())
            .process(&mut |token| {
                assert!(!token.text.is_empty(), "{typed:?}");
                forms += 1;
            });
        for tokens in [&exact, &stems[0], &stems[1]] {
            assert_eq!(tokens.forms().count(), forms, "{typed:?}");
        }
        let words = plan.words.iter().map(String::as_str);
        let highlighter = Highlighter::new(words, plan.unfinished.as_deref(), &self.stems);
        let marked = highlighter.mark(typed);
        assert!(!marked.contains("<b>"), "{marked}");
        let _ = highlighter.excerpt(&typed.repeat(20), 120);
        let corrections: Vec<_> = plan
            .words
            .iter()
            .map(|word| (word.clone(), "mot".to_owned()))
            .collect();
        let _ = corrected_text(typed, &corrections);
    }

    fn time(&mut self, typed: &str) -> Duration {
        let started = Instant::now();
        self.read(typed);
        started.elapsed()
    }
}

/// No text takes more than so many times what half of the texts as long as it take.
const MOST_TIMES_THE_MEDIAN: u32 = 50;

/// Texts that are as long as one another, give or take so many bytes.
const AS_LONG: usize = 16;

/// How often a slow text is read again: what really takes long takes it every time, whatever else the machine does.
const TRIES: usize = 20;

/// Texts at once: their times are compared with one another.
const ROUND: u64 = 100_000;

#[test]
fn no_text_makes_a_reader_stumble_or_dawdle() {
    let mut rng = StdRng::seed_from_u64(seed("texts"));
    let mut readers = Readers::new();
    let mut left = rounds("CLASSO_FUZZ_INPUTS", 4_000);
    while left > 0 {
        let mut by_length: BTreeMap<usize, Vec<(Duration, String)>> = BTreeMap::new();
        for _ in 0..left.min(ROUND) {
            let typed = typed(&mut rng);
            let took = readers.time(&typed);
            let alike = by_length.entry(typed.len() / AS_LONG).or_default();
            alike.push((took, typed));
        }
        for alike in by_length.values_mut() {
            alike.sort_unstable();
            let median = alike[alike.len() / 2].0;
            let bound = MOST_TIMES_THE_MEDIAN * median;
            for (took, typed) in alike.iter().rev().take_while(|(took, _)| *took > bound) {
                let again = (0..TRIES).map(|_| readers.time(typed)).min();
                let best = again.unwrap_or(*took).min(*took);
                assert!(best <= bound, "{typed:?}: {best:?}, median {median:?}");
            }
        }
        left = left.saturating_sub(ROUND);
    }
}
