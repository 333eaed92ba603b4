//! Random texts through everything that reads a question: nothing panics, whatever is typed.
//!
//! `CLASSO_FUZZ_INPUTS=10000000` runs the full round.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use tantivy::tokenizer::{TokenStream, Tokenizer};

use super::support::{rounds, seed};
use classo::domain::text;
use classo::index::analysis::{Stems, WordTokenizer};
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

#[test]
fn no_text_makes_a_reader_stumble() {
    let mut rng = StdRng::seed_from_u64(seed("texts"));
    let schema = IndexSchema::embedded();
    let stems = Stems::of(schema);
    let mut tokenizers = [
        WordTokenizer::exact(),
        WordTokenizer::stems(stems[0].clone()),
        WordTokenizer::stems(stems[1].clone()),
    ];
    for _ in 0..rounds("CLASSO_FUZZ_INPUTS", 4_000) {
        let query = Query {
            text: typed(&mut rng),
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
        for word in text::words(&query.text) {
            assert!(query.text.is_char_boundary(word.from) && query.text.is_char_boundary(word.to));
            assert!(
                !word.text.is_empty() && word.from < word.to,
                "{:?}",
                query.text
            );
        }
        for tokenizer in &mut tokenizers {
            let mut before = 0;
            tokenizer.token_stream(&query.text).process(&mut |token| {
                assert!(
                    token.offset_from >= before && !token.text.is_empty(),
                    "{:?}",
                    query.text
                );
                before = token.offset_from;
            });
        }
        let words = plan.words.iter().map(String::as_str);
        let highlighter = Highlighter::new(words, plan.unfinished.as_deref(), &stems);
        let marked = highlighter.mark(&query.text);
        assert!(!marked.contains("<b>"), "{marked}");
        let _ = highlighter.excerpt(&query.text.repeat(20), 120);
        let corrections: Vec<_> = plan
            .words
            .iter()
            .map(|word| (word.clone(), "mot".to_owned()))
            .collect();
        let _ = corrected_text(&query.text, &corrections);
    }
}
