//! Words as the index keeps them: the exact form, and the stem in each language.
//!
//! Every form starts from the folded word (see [`crate::domain::text`]), so an accent more or less never separates two
//! forms: *élève*, *eleve* and *ÉLÈVES* meet by construction. The French stemmer, which wants accents to tell a suffix
//! such as *-ité* or *-ée*, is given those few back before it looks at the word.

use std::sync::Arc;

use frostem::{Algorithm, Stemmer};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::domain::language::Language;
use crate::domain::text::{WordReader, fold};
use crate::index_schema::IndexSchema;
use crate::query::word_forms::WordForms;

/// Stems folded words of one language.
#[derive(Clone)]
pub struct Stems {
    language: Language,
    /// In French and in English.
    forms: [Arc<WordForms>; 2],
}

impl Stems {
    /// In French and in English.
    pub fn of(schema: &IndexSchema) -> [Stems; 2] {
        Language::ALL.map(|language| Stems {
            language,
            forms: schema.word_forms.clone(),
        })
    }

    /// The stem of a folded word.
    pub fn stem(&self, word: &str) -> String {
        if let Some(ordinal) = ordinal(word) {
            return ordinal;
        }
        if word.contains(|c: char| c.is_ascii_digit()) || word.len() < 3 {
            return word.to_owned();
        }
        let word = self.own_forms().chosen(word);
        if let Some(apart) = self.forms.iter().find_map(|forms| forms.apart(word)) {
            return apart.to_owned();
        }
        match self.language {
            Language::Fr => french_stem(word),
            Language::En => Stemmer::new(Algorithm::English).stem(word).into_owned(),
        }
    }

    /// Words that may begin otherwise than a word does, and yet have its stem.
    pub fn others(&self, word: &str) -> &[String] {
        let forms = self.own_forms();
        forms.others(forms.chosen(word))
    }

    fn own_forms(&self) -> &WordForms {
        &self.forms[self.language as usize]
    }
}

/// Ranks in one form: *2e*, *2ème*, *2ième* and *2nd* are "2e", *XXe* and *xxème* are "xxe".
fn ordinal(word: &str) -> Option<String> {
    const ENDINGS: [&str; 12] = [
        "ieme", "iemes", "eme", "emes", "ere", "nde", "er", "re", "nd", "st", "rd", "th",
    ];
    let is_digit = |c: char| c.is_ascii_digit();
    let is_roman = |c: char| "ivxlc".contains(c);
    let digits = word.trim_start_matches(is_digit);
    let rest = match digits.len() < word.len() {
        true => digits,
        false => ["ieme", "iemes", "eme", "emes"]
            .into_iter()
            .find(|ending| {
                word.strip_suffix(ending)
                    .is_some_and(|n| !n.is_empty() && n.chars().all(is_roman))
            })?,
    };
    let number = &word[..word.len() - rest.len()];
    ENDINGS.contains(&rest).then(|| format!("{number}e"))
}

/// Suffixes that the French stemmer knows only with their accent: folded, accented, and how the stem shows that the
/// suffix was not recognised after all.
const ACCENTED_SUFFIXES: &[(&str, &str, &str)] = &[
    ("ite", "ité", "it"),
    ("ites", "ités", "it"),
    ("ee", "ée", "e"),
    ("ees", "ées", "e"),
    ("iere", "ière", "ier"),
    ("ieres", "ières", "ier"),
];

/// Endings of whole words that the French stemmer leaves apart from their other forms: *calculez* from *calculer*,
/// *étrangère* from *étranger*, *boulangère* from *boulanger*.
const WORD_ENDINGS: &[(&str, &str)] = &[
    ("ez", "er"),
    ("gere", "ger"),
    ("geres", "ger"),
    ("chere", "cher"),
    ("cheres", "cher"),
];

/// Ends of stems that are the same suffix in the feminine, the masculine and the plural: *acteur* and *actrice*,
/// *danseuse* and *danseur*, *sportive* and *sportif*, *publique* and *public*.
const STEM_ENDINGS: &[(&str, &str)] = &[
    ("teur", "teu"),
    ("tric", "teu"),
    ("eur", "eu"),
    ("eux", "eu"),
    ("eus", "eu"),
    ("if", "iv"),
    ("iqu", "ic"),
];

fn french_stem(word: &str) -> String {
    // The stemmer takes -it and -is for ends of verbs (*il finit*), and would part *récit* from *récits* and *français*
    // from *française*. Nouns and adjectives are what people search for.
    for (ending, dropped) in [("it", 0), ("its", 1), ("is", 0), ("ise", 1), ("ises", 2)] {
        if word.ends_with(ending) {
            return word[..word.len() - dropped].to_owned();
        }
    }
    let stem = match replace_ending(word, WORD_ENDINGS, 6) {
        Some(form) => snowball_french(&form),
        None => snowball_french(word),
    };
    replace_ending(&stem, STEM_ENDINGS, 4).unwrap_or(stem)
}

/// The word with an ending replaced, when it is at least so many letters long and has one of them.
fn replace_ending(word: &str, endings: &[(&str, &str)], shortest: usize) -> Option<String> {
    let replaced =
        |(ending, other): &(&str, &str)| Some(format!("{}{other}", word.strip_suffix(ending)?));
    (word.len() >= shortest)
        .then(|| endings.iter().find_map(replaced))
        .flatten()
}

fn snowball_french(word: &str) -> String {
    let stemmer = Stemmer::new(Algorithm::French);
    for (folded, accented, unrecognised) in ACCENTED_SUFFIXES {
        if let Some(root) = word.strip_suffix(folded) {
            let stem = fold(&stemmer.stem(&format!("{root}{accented}")));
            if !stem.ends_with(unrecognised) && stem.len() >= 3 && !stem.ends_with(folded) {
                return stem;
            }
        }
    }
    fold(&stemmer.stem(word))
}

/// What a tokenizer puts out for a word.
#[derive(Clone)]
enum Form {
    Exact,
    Stem(Stems),
}

/// The tokenizer of a field: reads words, puts out one form of each.
#[derive(Clone)]
pub struct WordTokenizer {
    form: Form,
    token: Token,
    word: String,
    /// The last stems, by word: texts repeat themselves, and stemming costs more than a look-up.
    stems: std::collections::HashMap<String, String>,
}

impl WordTokenizer {
    /// Names under which the tokenizers are registered with the engine.
    pub const EXACT: &'static str = "classo_exact";

    pub fn stem_name(language: Language) -> String {
        format!("classo_stem_{}", language.tag())
    }

    pub fn exact() -> Self {
        WordTokenizer::new(Form::Exact)
    }

    pub fn stems(stems: Stems) -> Self {
        WordTokenizer::new(Form::Stem(stems))
    }

    fn new(form: Form) -> Self {
        WordTokenizer {
            form,
            token: Token::default(),
            word: String::new(),
            stems: Default::default(),
        }
    }
}

/// Words whose stems are remembered; beyond, the memory starts anew.
const REMEMBERED_STEMS: usize = 50_000;

pub struct WordStream<'a> {
    tokenizer: &'a mut WordTokenizer,
    reader: WordReader<'a>,
    /// The compound that the last word ends, to be put out at the same position.
    compound: Option<String>,
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream {
            tokenizer: self,
            reader: WordReader::new(text),
            compound: None,
        }
    }
}

impl WordTokenizer {
    /// Makes the form of `self.word` the text of the token.
    fn put_out(&mut self) {
        let WordTokenizer {
            form,
            token,
            word,
            stems,
        } = self;
        token.text.clear();
        match form {
            Form::Exact => token.text.push_str(word),
            Form::Stem(stemmer) => {
                if let Some(stem) = stems.get(word.as_str()) {
                    token.text.push_str(stem);
                } else {
                    let stem = stemmer.stem(word);
                    token.text.push_str(&stem);
                    if stems.len() >= REMEMBERED_STEMS {
                        stems.clear();
                    }
                    stems.insert(word.clone(), stem);
                }
            }
        }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let tokenizer = &mut *self.tokenizer;
        if let Some(compound) = self.compound.take() {
            tokenizer.word = compound;
            tokenizer.put_out();
            return true;
        }
        let Some((from, to)) = self.reader.read(&mut tokenizer.word) else {
            return false;
        };
        let token = &mut tokenizer.token;
        token.position = token.position.wrapping_add(1);
        token.offset_from = from;
        token.offset_to = to;
        tokenizer.put_out();
        self.compound = self.reader.compound().map(str::to_owned);
        true
    }

    fn token(&self) -> &Token {
        &self.tokenizer.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.tokenizer.token
    }
}

/// How a fixed text is read: when an update of the stemmers changes it, old generations are rebuilt.
pub fn fingerprint(stems: &[Stems; 2]) -> String {
    const TEXT: &str = "L’élève aujourd'hui jusqu'à l'œuvre: chevaux, journaux, activités, premières, calculées, \
        évaluation, nationale, heureusement, arc-en-ciel, sportive, 2ème. \
        The teachers' running games aren't easily fitted: universities, C++, 2e, colours.";
    let tokens = [
        WordTokenizer::exact(),
        WordTokenizer::stems(stems[0].clone()),
        WordTokenizer::stems(stems[1].clone()),
    ]
    .map(|mut tokenizer| {
        let mut read = String::new();
        tokenizer.token_stream(TEXT).process(&mut |token| {
            read.push_str(&token.text);
            read.push(' ');
        });
        read
    });
    tokens.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::key;

    #[test]
    fn ranks_have_one_form() {
        let stems = Stems::of(IndexSchema::embedded());
        for (one, other) in [
            ("2e", "2ème"),
            ("1re", "1er"),
            ("2ième", "2nd"),
            ("xxe", "XXème"),
            ("3rd", "3e"),
        ] {
            for stems in &stems {
                assert_eq!(
                    stems.stem(&key(one)),
                    stems.stem(&key(other)),
                    "{one} {other}"
                );
            }
        }
        for (one, other) in [
            ("2e", "3e"),
            ("2d", "2e"),
            ("3d", "3e"),
            ("mp3", "mp4"),
            ("même", "me"),
        ] {
            assert_ne!(
                stems[0].stem(&key(one)),
                stems[0].stem(&key(other)),
                "{one} {other}"
            );
        }
    }

    #[test]
    fn a_compound_is_found_whole_too() {
        let mut read = Vec::new();
        let mut tokenizer = WordTokenizer::exact();
        tokenizer
            .token_stream("L'arc-en-ciel, 2025-2026 - et pique-nique")
            .process(&mut |token| {
                read.push((token.position, token.text.clone()));
            });
        let words: Vec<&str> = read.iter().map(|(_, word)| word.as_str()).collect();
        let expected = "arc en ciel arcenciel 2025 2026 et pique nique piquenique";
        assert_eq!(words.join(" "), expected);
        assert_eq!(read[2].0, read[3].0);
    }
}
