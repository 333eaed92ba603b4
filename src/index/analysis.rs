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

/// Plurals that the French stemmer leaves apart from their singular: *photos*, *menus*, *trous*. Those of -i are too like
/// words that are written with an -s of their own; they are listed in `word_forms/`.
const PLURAL_ENDINGS: [&str; 2] = ["os", "us"];

/// A shorter word has an -s of its own: *dos*, *jus*.
const SHORTEST_PLURAL: usize = 4;

fn french_stem(word: &str) -> String {
    let is_plural = PLURAL_ENDINGS.iter().any(|ending| word.ends_with(ending));
    let word = match is_plural && word.len() >= SHORTEST_PLURAL {
        true => &word[..word.len() - 1],
        false => word,
    };
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

/// Stems, with the last ones remembered: texts repeat their words, and stemming costs more than a look-up.
struct RememberedStems {
    stems: Stems,
    /// Each word has one place where it may be, and goes when another comes there.
    places: Vec<Remembered>,
}

/// A power of two.
const REMEMBERED_STEMS: usize = 1 << 15;

/// A word and its stem beside it, in one line of the processor's cache: to look into several is what would take long.
#[derive(Clone, Copy)]
struct Remembered {
    word_bytes: u8,
    stem_bytes: u8,
    text: [u8; 62],
}

impl Remembered {
    const NOTHING: Remembered = Remembered {
        word_bytes: 0,
        stem_bytes: 0,
        text: [0; 62],
    };

    /// Nothing when they are too long to be remembered.
    fn new(word: &str, stem: &str) -> Option<Self> {
        let mut remembered = Remembered::NOTHING;
        let end = word.len() + stem.len();
        let text = remembered.text.get_mut(..end)?;
        text[..word.len()].copy_from_slice(word.as_bytes());
        text[word.len()..].copy_from_slice(stem.as_bytes());
        remembered.word_bytes = word.len() as u8;
        remembered.stem_bytes = stem.len() as u8;
        Some(remembered)
    }

    fn stem_of(&self, word: &str) -> Option<&str> {
        let (known, rest) = self.text.split_at(usize::from(self.word_bytes));
        let stem = &rest[..usize::from(self.stem_bytes)];
        (known == word.as_bytes()).then(|| std::str::from_utf8(stem).ok())?
    }
}

impl RememberedStems {
    fn new(stems: Stems) -> Self {
        RememberedStems {
            stems,
            places: vec![Remembered::NOTHING; REMEMBERED_STEMS],
        }
    }

    fn add(&mut self, word: &str, sign: u8, tokens: &mut Tokens) {
        let place = &mut self.places[place(word)];
        if let Some(stem) = place.stem_of(word) {
            tokens.add(sign, stem);
            return;
        }
        let stem = self.stems.stem(word);
        tokens.add(sign, &stem);
        if let Some(remembered) = Remembered::new(word, &stem) {
            *place = remembered;
        }
    }
}

/// Where a word is remembered: from all its bytes, eight at a time.
fn place(word: &str) -> usize {
    let mixed = word.as_bytes().chunks(8).fold(0_u64, |mixed, chunk| {
        let mut bytes = [0; 8];
        bytes[..chunk.len()].copy_from_slice(chunk);
        (mixed.rotate_left(5) ^ u64::from_le_bytes(bytes)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    (mixed >> (u64::BITS - REMEMBERED_STEMS.ilog2())) as usize
}

/// What is written of a field's texts: forms of words, each after a sign of where it stands.
#[derive(Debug, Clone, Default)]
pub struct Tokens(String);

impl Tokens {
    /// One place after the form before.
    const NEXT: u8 = b' ';

    /// At the place of the form before.
    const BESIDE: u8 = b'\t';

    /// Another text begins: its words are no neighbours of those before.
    const TEXT: u8 = b'\n';

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The forms in order.
    pub fn forms(&self) -> impl Iterator<Item = &str> {
        self.0.split_ascii_whitespace()
    }

    fn add(&mut self, sign: u8, form: &str) {
        self.0.push(char::from(sign));
        self.0.push_str(form);
    }
}

/// Reads the texts of records: each once, into the tokens of every field in which it is looked up.
pub struct TextReader {
    word: String,
    stems: [RememberedStems; 2],
}

impl TextReader {
    pub fn new(stems: &[Stems; 2]) -> Self {
        TextReader {
            word: String::new(),
            stems: stems.clone().map(RememberedStems::new),
        }
    }

    /// Adds a text to the exact forms and to the stems, of one language or, when it is not said, of both.
    pub fn read(
        &mut self,
        text: &str,
        language: Option<Language>,
        exact: &mut Tokens,
        stems: &mut [Tokens; 2],
    ) {
        let languages = match &language {
            Some(language) => std::slice::from_ref(language),
            None => &Language::ALL[..],
        };
        let mut add = |sign, word: &str| {
            exact.add(sign, word);
            for language in languages {
                let of = *language as usize;
                self.stems[of].add(word, sign, &mut stems[of]);
            }
        };
        let mut reader = WordReader::new(text);
        while reader.read(&mut self.word).is_some() {
            add(Tokens::NEXT, &self.word);
            if let Some(compound) = reader.compound() {
                add(Tokens::BESIDE, compound);
            }
        }
        exact.0.push(char::from(Tokens::TEXT));
    }
}

/// The tokenizer of every field of words: hands the engine what a [`TextReader`] has read.
#[derive(Clone, Default)]
pub struct TokenReader {
    token: Token,
}

impl TokenReader {
    /// Names under which it is registered with the engine. Generations on disk have one for each kind of field.
    pub const EXACT: &'static str = "classo_exact";

    pub fn stem_name(language: Language) -> String {
        format!("classo_stem_{}", language.tag())
    }
}

pub struct TokenPieces<'a> {
    token: &'a mut Token,
    rest: &'a str,
}

impl Tokenizer for TokenReader {
    type TokenStream<'a> = TokenPieces<'a>;

    fn token_stream<'a>(&'a mut self, tokens: &'a str) -> TokenPieces<'a> {
        self.token.reset();
        TokenPieces {
            token: &mut self.token,
            rest: tokens,
        }
    }
}

impl TokenStream for TokenPieces<'_> {
    fn advance(&mut self) -> bool {
        while let Some(sign) = self.rest.as_bytes().first().copied() {
            self.rest = &self.rest[1..];
            if sign != Tokens::BESIDE {
                self.token.position = self.token.position.wrapping_add(1);
            }
            if sign == Tokens::TEXT {
                continue;
            }
            let is_sign = |byte: &u8| matches!(*byte, Tokens::NEXT | Tokens::BESIDE | Tokens::TEXT);
            let end = self.rest.as_bytes().iter().position(is_sign);
            let (form, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
            self.token.text.clear();
            self.token.text.push_str(form);
            self.rest = rest;
            return true;
        }
        false
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

/// How a fixed text is read: when an update of the stemmers changes it, old generations are rebuilt.
pub fn fingerprint(stems: &[Stems; 2]) -> String {
    const TEXT: &str = "L’élève aujourd'hui jusqu'à l'œuvre: chevaux, journaux, activités, premières, calculées, \
        évaluation, nationale, heureusement, arc-en-ciel, sportive, 2ème. \
        The teachers' running games aren't easily fitted: universities, C++, 2e, colours.";
    let (mut exact, mut by_language) = (Tokens::default(), <[Tokens; 2]>::default());
    TextReader::new(stems).read(TEXT, None, &mut exact, &mut by_language);
    let tokens = [&exact, &by_language[0], &by_language[1]].map(|tokens| {
        let mut read = String::new();
        for form in tokens.forms() {
            read.push_str(form);
            read.push(' ');
        }
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
    fn texts_lie_apart_and_a_compound_is_found_whole_too() {
        let schema = IndexSchema::embedded();
        let (mut exact, mut stems) = (Tokens::default(), <[Tokens; 2]>::default());
        let mut reader = TextReader::new(&Stems::of(schema));
        for text in ["L'arc-en-ciel, 2025-2026 - et", "", "pique-nique"] {
            reader.read(text, Some(Language::Fr), &mut exact, &mut stems);
        }
        let mut read = Vec::new();
        TokenReader::default()
            .token_stream(exact.as_str())
            .process(&mut |token| read.push((token.text.clone(), token.position)));
        let expected = [
            ("arc", 0),
            ("en", 1),
            ("ciel", 2),
            ("arcenciel", 2),
            ("2025", 3),
            ("2026", 4),
            ("et", 5),
            // A text of no words lies between, and each ends with a gap.
            ("pique", 8),
            ("nique", 9),
            ("piquenique", 9),
        ];
        assert_eq!(read, expected.map(|(form, at)| (form.to_owned(), at)));
        assert_eq!(stems[0].forms().count(), expected.len());
        assert_eq!(stems[1].forms().count(), 0);
    }
}
