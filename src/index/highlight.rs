//! Shows where a text matched: the words of the question, in whatever form they stand, between `<mark>` and `</mark>`.
//!
//! The rest is escaped: the result is HTML, safe to put into a page.

use std::cell::RefCell;
use std::collections::HashMap;

use super::analysis::Stems;
use crate::domain::markup::push_escaped;
use crate::domain::text::WordReader;

/// The words to mark.
pub struct Highlighter {
    /// The question's words: exact forms, and stems by language, each with the number of its word.
    exact: HashMap<String, usize>,
    stemmers: [Stems; 2],
    stems: [HashMap<String, usize>; 2],
    /// Words that begin so are marked too, as the word of that number.
    unfinished: Option<(String, usize)>,
    /// How the words begin. Stemming changes ends, so a word that begins otherwise is no form of theirs: most words of
    /// a text are passed over without being read, which is what makes twenty excerpts cheap.
    beginnings: Vec<Beginning>,
    /// By byte, whether some beginning begins so, in small or capital letters.
    first_bytes: [bool; 256],
    /// Whether some word is a single letter, too short for a beginning.
    has_letters: bool,
    /// What was found out about the words that begin so: texts repeat them.
    known: RefCell<HashMap<String, Option<usize>>>,
}

/// A word of the question in a text, in bytes.
#[derive(Clone, Copy)]
struct Hit {
    from: usize,
    to: usize,
    /// Which word of the question it is.
    number: usize,
    /// Where the text before it begins that is shown with it.
    context: usize,
}

/// How far into a text an excerpt is looked for, in bytes.
const LONGEST_SEARCHED_BYTES: usize = 20_000;

/// How many hits an excerpt is tried at.
const MOST_STARTS: usize = 50;

/// Words an excerpt shows before its first hit.
const WORDS_BEFORE: usize = 4;

impl Highlighter {
    /// Marks the words in any form, and the words that `unfinished`, one of them, begins.
    pub fn new<'a>(
        words: impl Iterator<Item = &'a str>,
        unfinished: Option<&str>,
        stemmers: &[Stems; 2],
    ) -> Self {
        let mut highlighter = Highlighter {
            exact: HashMap::new(),
            stemmers: stemmers.clone(),
            stems: Default::default(),
            unfinished: None,
            beginnings: Vec::new(),
            first_bytes: [false; 256],
            has_letters: false,
            known: RefCell::default(),
        };
        for (number, word) in words.enumerate() {
            for (stemmer, stems) in stemmers.iter().zip(&mut highlighter.stems) {
                stems.entry(stemmer.stem(word)).or_insert(number);
                let others = stemmer.others(word).iter();
                highlighter
                    .beginnings
                    .extend(others.filter_map(|other| Beginning::of(other)));
            }
            highlighter.exact.entry(word.to_owned()).or_insert(number);
            highlighter.beginnings.extend(Beginning::of(word));
            highlighter.has_letters |= word.len() == 1;
            if unfinished == Some(word) {
                highlighter.unfinished = Some((word.to_owned(), number));
            }
        }
        for Beginning([first, _], _) in &highlighter.beginnings {
            for byte in [*first, first.to_ascii_uppercase()] {
                highlighter.first_bytes[usize::from(byte)] = true;
            }
        }
        highlighter
    }

    /// The whole text, marked.
    pub fn mark(&self, text: &str) -> String {
        mark_between(text, 0, text.len(), &self.hits(text, text.len()))
    }

    /// The part of about so many bytes where most different words stand, marked; an ellipsis shows what is cut.
    pub fn excerpt(&self, text: &str, bytes: usize) -> String {
        if text.len() <= bytes {
            return self.mark(text);
        }
        let hits = self.hits(text, LONGEST_SEARCHED_BYTES);
        let mut best = (different(&hits, 0, bytes), 0);
        for (place, Hit { context, .. }) in hits.iter().enumerate().take(MOST_STARTS) {
            let here = different(&hits[place..], *context, context + bytes);
            if here > best.0 {
                best = (here, *context);
            }
        }
        let from = best.1;
        let to = end_of_word(text, from + bytes);
        let (before, after) = (
            if from > 0 { "… " } else { "" },
            if to < text.len() { " …" } else { "" },
        );
        format!("{before}{}{after}", mark_between(text, from, to, &hits))
    }

    /// The hits among the words that begin before `end`.
    fn hits(&self, text: &str, end: usize) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut reader = WordReader::new(text);
        let mut word = String::new();
        // Where the last words began.
        let mut begun = [0; WORDS_BEFORE];
        let mut read = 0;
        while let Some(run) = reader.next_run().filter(|run| run.from < end) {
            let first = &text.as_bytes()[run.from..run.to.min(run.from + LONGEST_BEGINNING)];
            let is_readable = run.is_plain && first.is_ascii();
            let may_be_hit = !is_readable || self.may_be(first);
            if may_be_hit
                && let Some(from) = reader.fold(run, &mut word)
                && let Some(number) = self.number(&word)
            {
                hits.push(Hit {
                    from,
                    to: run.to,
                    number,
                    context: if read < WORDS_BEFORE {
                        0
                    } else {
                        begun[read % WORDS_BEFORE]
                    },
                });
            }
            begun[read % WORDS_BEFORE] = run.from;
            read += 1;
        }
        hits
    }

    /// Whether a word that begins so may be a form of one of the question's. A single letter is told by itself.
    fn may_be(&self, begins: &[u8]) -> bool {
        match begins {
            [_] => self.has_letters,
            [first, ..] => {
                self.first_bytes[usize::from(*first)]
                    && self
                        .beginnings
                        .iter()
                        .any(|beginning| beginning.fits(begins))
            }
            [] => false,
        }
    }

    /// Which word of the question a folded word is a form of.
    fn number(&self, word: &str) -> Option<usize> {
        if !self.may_be(word.as_bytes()) {
            return None;
        }
        if let Some(number) = self.exact.get(word) {
            return Some(*number);
        }
        if let Some(known) = self.known.borrow().get(word) {
            return *known;
        }
        let by_stem = self
            .stemmers
            .iter()
            .zip(&self.stems)
            .find_map(|(stemmer, stems)| stems.get(&stemmer.stem(word)).copied());
        let begun = self
            .unfinished
            .as_ref()
            .filter(|(begin, _)| word.starts_with(begin));
        let number = by_stem.or(begun.map(|(_, number)| *number));
        self.known.borrow_mut().insert(word.to_owned(), number);
        number
    }
}

/// How many different words of the question are hit within a part of the text.
fn different(hits: &[Hit], from: usize, to: usize) -> usize {
    let inside = hits
        .iter()
        .skip_while(|hit| hit.from < from)
        .take_while(|hit| hit.to <= to);
    let mut numbers: Vec<usize> = Vec::new();
    for hit in inside {
        if !numbers.contains(&hit.number) {
            numbers.push(hit.number);
        }
    }
    numbers.len()
}

/// The end of the last word that ends before a place.
fn end_of_word(text: &str, before: usize) -> usize {
    if before >= text.len() {
        return text.len();
    }
    let cut = text.floor_char_boundary(before);
    let inside_word = text[cut..].starts_with(char::is_alphanumeric);
    let end = text[..cut]
        .trim_end_matches(|c: char| inside_word && c.is_alphanumeric())
        .trim_end();
    // A text without spaces is cut where it must be.
    if end.len() * 2 > cut { end.len() } else { cut }
}

fn mark_between(text: &str, from: usize, to: usize, hits: &[Hit]) -> String {
    let mut marked = String::with_capacity(to - from + 64);
    let mut at = from;
    for hit in hits.iter().filter(|hit| hit.from >= from && hit.to <= to) {
        push_escaped(&text[at..hit.from], &mut marked);
        marked.push_str("<mark>");
        push_escaped(&text[hit.from..hit.to], &mut marked);
        marked.push_str("</mark>");
        at = hit.to;
    }
    push_escaped(&text[at..to], &mut marked);
    marked
}

/// Bytes that a word is told apart by, see [`Beginning`].
const LONGEST_BEGINNING: usize = 3;

/// The first letters of a word, by which most others are told apart: three bytes, two of short words, whose forms
/// may differ in the third.
struct Beginning([u8; 2], Option<u8>);

impl Beginning {
    fn of(word: &str) -> Option<Beginning> {
        let first = *word.as_bytes().first_chunk()?;
        let third = (word.len() > 3).then(|| word.as_bytes()[2]);
        Some(Beginning(first, third))
    }

    fn fits(&self, bytes: &[u8]) -> bool {
        let same =
            |own: u8, byte: Option<&u8>| byte.is_some_and(|byte| byte.to_ascii_lowercase() == own);
        same(self.0[0], bytes.first())
            && same(self.0[1], bytes.get(1))
            && (bytes.len() < 3 || self.1.is_none_or(|third| same(third, bytes.get(2))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_schema::IndexSchema;

    fn words(list: &[&str]) -> Highlighter {
        Highlighter::new(
            list.iter().copied(),
            None,
            &Stems::of(IndexSchema::embedded()),
        )
    }

    #[test]
    fn other_forms_of_a_word_are_marked_and_the_rest_is_escaped() {
        let marked = words(&["fraction", "ete"]).mark("L’été des <b>Fractions</b> & co");
        assert_eq!(
            marked,
            "L’<mark>été</mark> des &lt;b&gt;<mark>Fractions</mark>&lt;/b&gt; &amp; co"
        );
    }

    #[test]
    fn an_excerpt_shows_the_part_that_matched() {
        let text = format!(
            "{} Ici, la photosynthèse se joue en classe. {}",
            "Rien. ".repeat(80),
            "Encore. ".repeat(80)
        );
        let excerpt = words(&["photosynthese"]).excerpt(&text, 120);
        assert!(
            excerpt.contains("<mark>photosynthèse</mark>")
                && excerpt.starts_with("… ")
                && excerpt.ends_with(" …"),
            "{excerpt}"
        );
    }
}
