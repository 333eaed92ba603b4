//! Words as people type them, made comparable.
//!
//! One reading of a text serves everybody: the index, the question, vocabulary labels and foreign terms.
//! A word is folded (lower case, no accents, ligatures opened) and freed of French elision and the English
//! possessive, so that « l’Élève », "eleve" and "ÉLÈVE" are the same word.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longer words are cut: nobody types them, and an index term has a size limit.
const LONGEST_WORD_CHARS: usize = 80;

/// Prefixes that French elides before a vowel; what follows the apostrophe is the word.
const ELISIONS: &[&str] = &[
    "l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu",
];

/// What English hangs on a word with an apostrophe.
const ENGLISH_ENDINGS: &[&str] = &["s", "ll", "re", "ve", "d", "m"];

/// Lower case without accents or ligatures: « Œuvre d’été » becomes "oeuvre d'ete".
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    text.chars().for_each(|c| fold_char(c, &mut folded));
    folded
}

fn fold_char(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    match c {
        'À'..='ÿ' => out.push_str(LATIN[c as usize - 'À' as usize]),
        'œ' | 'Œ' => out.push_str("oe"),
        'ł' | 'Ł' => out.push('l'),
        '’' | 'ʼ' | '‘' => out.push('\''),
        _ => {
            let plain = std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c));
            out.extend(plain.flat_map(char::to_lowercase));
        }
    }
}

/// The folded forms of À (U+00C0) to ÿ (U+00FF): nearly every letter with an accent that French and English texts have.
const LATIN: [&str; 64] = [
    "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i", //
    "ð", "n", "o", "o", "o", "o", "o", "×", "o", "u", "u", "u", "u", "y", "þ", "ss", //
    "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i", //
    "ð", "n", "o", "o", "o", "o", "o", "÷", "o", "u", "u", "u", "u", "y", "þ", "y",
];

/// By byte, whether it is a letter or digit by itself.
const IN_WORD: [bool; 256] = {
    let mut in_word = [false; 256];
    let mut byte = 0;
    while byte < in_word.len() {
        in_word[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    in_word
};

/// The first byte in UTF-8 of the signs U+00C0 to U+00FF.
const LATIN_LEAD: u8 = 0xC3;

/// Whether the sign of [`LATIN_LEAD`] and this second byte is a letter: all are but × and ÷.
fn is_latin_letter(second: u8) -> bool {
    !matches!(second, 0x97 | 0xB7)
}

/// Folded and with single spaces between words: the form in which two labels are the same.
///
/// ```
/// use classo::domain::text::key;
/// assert_eq!(key("  Géographie,  HISTOIRE "), "geographie histoire");
/// ```
pub fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for word in words(text) {
        if !key.is_empty() {
            key.push(' ');
        }
        key.push_str(&word.text);
    }
    key
}

/// Bytes that come after all texts that begin so, and before everything else that comes after them.
pub fn after_all(begin: &str) -> Vec<u8> {
    // No text has such a byte.
    [begin.as_bytes(), &[u8::MAX]].concat()
}

/// A word of a text: its folded form, and the bytes of the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub from: usize,
    pub to: usize,
}

/// The words of a text in order.
pub fn words(text: &str) -> impl Iterator<Item = Word> + '_ {
    let mut reader = WordReader::new(text);
    std::iter::from_fn(move || {
        let mut word = String::new();
        let (from, to) = reader.read(&mut word)?;
        Some(Word {
            text: word,
            from,
            to,
        })
    })
}

/// The compounds of a text, each with the word that ends it.
///
/// ```
/// use classo::domain::text::compounds;
/// assert_eq!(compounds("un pique-nique d'été"), [("nique".to_owned(), "piquenique".to_owned())]);
/// ```
pub fn compounds(text: &str) -> Vec<(String, String)> {
    let mut reader = WordReader::new(text);
    let mut word = String::new();
    let mut compounds = Vec::new();
    while reader.read(&mut word).is_some() {
        if let Some(compound) = reader.compound() {
            compounds.push((word.clone(), compound.to_owned()));
        }
    }
    compounds
}

/// Reads words one by one into a buffer of the caller's: what indexing uses, to spare allocations.
pub struct WordReader<'a> {
    text: &'a str,
    at: usize,
    compound: Compound,
}

/// The words that hyphens tie to the last one read.
#[derive(Default)]
struct Compound {
    /// Written as one, from the second on: "arcenciel" of « arc-en-ciel ».
    joined: String,
    parts: usize,
    /// The last word.
    last: Run,
}

/// A stretch of a text that holds a word, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Run {
    pub from: usize,
    pub to: usize,
    /// Whether it has no apostrophe, so that the word is the whole run.
    pub is_plain: bool,
}

impl<'a> WordReader<'a> {
    pub fn new(text: &'a str) -> Self {
        WordReader {
            text,
            at: 0,
            compound: Compound::default(),
        }
    }

    /// Puts the next word's folded form into `word` and returns its place in the text, in bytes.
    pub fn read(&mut self, word: &mut String) -> Option<(usize, usize)> {
        loop {
            let run = self.next_run()?;
            if let Some(from) = self.fold(run, word) {
                self.add_to_compound(run, word);
                return Some((from, run.to));
            }
        }
    }

    fn add_to_compound(&mut self, run: Run, word: &str) {
        let Compound { parts, last, .. } = self.compound;
        if parts == 0 || !is_hyphen(&self.text[last.to..run.from]) {
            self.compound.parts = 1;
        } else {
            let mut joined = std::mem::take(&mut self.compound.joined);
            if parts == 1 {
                // Most words are in no compound: the first of one is read again.
                self.fold(last, &mut joined);
            }
            joined.push_str(word);
            self.compound.joined = joined;
            self.compound.parts += 1;
        }
        self.compound.last = run;
    }

    /// After a word that ends a compound (« arc-en-ciel », « pique-nique »): the compound as one word. Numbers and codes
    /// make none.
    pub fn compound(&self) -> Option<&str> {
        let Compound {
            joined,
            parts,
            last,
        } = &self.compound;
        if *parts < 2
            || joined.len() > LONGEST_WORD_CHARS
            || !joined.chars().all(char::is_alphabetic)
        {
            return None;
        }
        let mut after = self.text[last.to..].chars();
        let goes_on = after.next().is_some_and(is_hyphen_sign)
            && after.next().is_some_and(char::is_alphanumeric);
        (!goes_on).then_some(joined)
    }

    /// The next run of letters, digits and inner apostrophes, not folded yet.
    pub fn next_run(&mut self) -> Option<Run> {
        let bytes = self.text.as_bytes();
        let from = self.start_of_run()?;
        let mut at = from;
        let mut is_plain = true;
        while let Some(byte) = bytes.get(at) {
            if IN_WORD[usize::from(*byte)] {
                at += 1;
                continue;
            }
            if *byte == LATIN_LEAD && is_latin_letter(bytes[at + 1]) {
                at += 2;
                continue;
            }
            if byte.is_ascii() && *byte != b'\'' {
                break;
            }
            let mut rest = self.text[at..].chars();
            let c = rest
                .next()
                .expect("a byte follows, on the border of a sign");
            if is_ideograph(c) {
                // A script without spaces: each sign is a word of its own.
                if at == from {
                    at += c.len_utf8();
                }
                break;
            }
            let inside = c.is_alphanumeric()
                || is_combining_mark(c)
                || is_apostrophe(c) && rest.next().is_some_and(char::is_alphanumeric);
            if !inside {
                break;
            }
            is_plain &= !is_apostrophe(c);
            at += c.len_utf8();
        }
        let to = match at - from {
            0..=LONGEST_CODE => at + code_suffix(bytes[from], &bytes[at..]),
            _ => at,
        };
        self.at = to;
        Some(Run { from, to, is_plain })
    }

    fn start_of_run(&self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        loop {
            match bytes.get(at)? {
                byte if IN_WORD[usize::from(*byte)] => return Some(at),
                byte if byte.is_ascii() => at += 1,
                &LATIN_LEAD if is_latin_letter(bytes[at + 1]) => return Some(at),
                _ => {
                    let c = self.text[at..].chars().next()?;
                    if c.is_alphanumeric() {
                        return Some(at);
                    }
                    at += c.len_utf8();
                }
            }
        }
    }

    /// Puts the folded form of a run into `word`; says where the word starts, or nothing when there is no word in it.
    pub fn fold(&self, run: Run, word: &mut String) -> Option<usize> {
        word.clear();
        let start = self.strip_apostrophes(run, word);
        if word.len() > LONGEST_WORD_CHARS {
            cut(word);
        }
        (!word.is_empty()).then_some(start)
    }

    /// Folds the run into `word`, leaving out elided prefixes and English endings; returns where the word starts.
    fn strip_apostrophes(&self, run: Run, word: &mut String) -> usize {
        let Run { from, to, is_plain } = run;
        let read = &self.text[from..to];
        if read.is_ascii() {
            word.push_str(read);
            word.make_ascii_lowercase();
        } else {
            read.chars().for_each(|c| fold_char(c, word));
        }
        if is_plain {
            return from;
        }
        let mut start = from;
        while let Some(apostrophe) = word.find('\'') {
            let (before, after) = (&word[..apostrophe], &word[apostrophe + 1..]);
            // « J'ai » means nothing, and "AI" by itself a lot.
            let is_verb = after == "ai" && matches!(before, "j" | "n");
            if ELISIONS.contains(&before) && !after.is_empty() && !is_verb {
                word.drain(..=apostrophe);
                let passed = self.text[start..to]
                    .find(is_apostrophe)
                    .expect("the folded form has an apostrophe");
                let sign = self.text[start + passed..]
                    .chars()
                    .next()
                    .expect("found just above");
                start += passed + sign.len_utf8();
                continue;
            }
            let ending = &word[apostrophe + 1..];
            if ENGLISH_ENDINGS.contains(&ending) {
                word.truncate(apostrophe);
            } else if ending == "t" && word[..apostrophe].ends_with('n') {
                word.truncate(apostrophe - 1);
            } else {
                word.remove(apostrophe);
            }
        }
        start
    }
}

fn is_hyphen(between: &str) -> bool {
    let mut signs = between.chars();
    signs.next().is_some_and(is_hyphen_sign) && signs.next().is_none()
}

fn is_hyphen_sign(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}')
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ' | '‘')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Names that end with "++" or "#" have so many letters before at most, in bytes.
const LONGEST_CODE: usize = 2;

/// How many bytes of "++" or "#" belong to a short name such as C++ or C#, by its first byte.
fn code_suffix(first: u8, rest: &[u8]) -> usize {
    match rest {
        _ if !first.is_ascii_alphabetic() => 0,
        [b'+', b'+', ..] => 2,
        [b'#', ..] => 1,
        _ => 0,
    }
}

fn cut(word: &mut String) {
    if let Some((end, _)) = word.char_indices().nth(LONGEST_WORD_CHARS) {
        word.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        words(text).map(|word| word.text).collect()
    }

    #[test]
    fn french_elision_is_cut_at_both_apostrophes() {
        assert_eq!(
            read("l'harmonie d’Élise jusqu'à qu’on"),
            ["harmonie", "elise", "a", "on"]
        );
        assert_eq!(read("aujourd'hui prud’homme"), ["aujourdhui", "prudhomme"]);
    }

    #[test]
    fn english_endings_are_cut() {
        assert_eq!(
            read("the teacher's book, don't"),
            ["the", "teacher", "book", "do"]
        );
        assert_eq!(read("O'Brien"), ["obrien"]);
    }

    #[test]
    fn names_codes_and_ligatures_stay_findable() {
        assert_eq!(
            read("Kahoot! C++ c# GéoGébra 2e œuvre sec. 4"),
            [
                "kahoot", "c++", "c#", "geogebra", "2e", "oeuvre", "sec", "4"
            ]
        );
        assert_eq!(read("数学 app"), ["数", "学", "app"]);
    }

    #[test]
    fn accented_letters_are_those_of_their_decomposition() {
        for c in 'À'..='ÿ' {
            let folded = match c {
                'Æ' | 'æ' => "ae".to_owned(),
                'Ø' | 'ø' => "o".to_owned(),
                'ß' => "ss".to_owned(),
                c => std::iter::once(c)
                    .nfkd()
                    .filter(|c| !is_combining_mark(*c))
                    .flat_map(char::to_lowercase)
                    .collect(),
            };
            assert_eq!(fold(&c.to_string()), folded, "{c}");
            let in_word = format!("a{c}b");
            assert_eq!(words(&in_word).count() == 1, c.is_alphanumeric(), "{c}");
            assert_eq!(
                words(&c.to_string()).count() == 1,
                c.is_alphanumeric(),
                "{c}"
            );
        }
    }

    #[test]
    fn places_point_into_the_text() {
        let text = "Vive l’été !";
        let word = words(text).nth(1).expect("two words");
        assert_eq!(&text[word.from..word.to], "été");
    }

    #[test]
    fn no_text_makes_the_reader_stumble() {
        for text in [
            "",
            "'",
            "’’’",
            "l'",
            "d'l'",
            "'s",
            "a’",
            "\u{301}",
            "l'd'un",
            "n't",
            "#++",
            "é\u{301}'\u{301}a",
        ] {
            let _ = read(text);
        }
    }
}
