//! Shows where a text matched: the words of the question, in whatever form they stand, between `<mark>` and `</mark>`.
//!
//! The rest is escaped: the result is HTML, safe to put into a page.

use std::collections::HashSet;

use super::analysis::Stems;
use crate::domain::language::Language;
use crate::domain::text;

/// The words to mark.
pub struct Highlighter {
    exact: HashSet<String>,
    stems: [HashSet<String>; 2],
    /// How the words begin. Stemming changes ends, so a word that begins otherwise is no form of theirs: most words of
    /// a text are passed over without being stemmed, which is what makes twenty excerpts cheap.
    beginnings: Vec<[u8; 2]>,
}

/// How far into a text an excerpt is looked for, in bytes.
const LONGEST_SEARCHED_BYTES: usize = 20_000;

/// How many hits an excerpt is tried at.
const MOST_STARTS: usize = 50;

/// Words an excerpt shows before its first hit.
const WORDS_BEFORE: usize = 4;

impl Highlighter {
    pub fn new(words: &[String]) -> Self {
        let stems = Language::ALL.map(|language| {
            words
                .iter()
                .map(|word| Stems::new(language).stem(word))
                .collect()
        });
        let beginnings = words.iter().filter_map(|word| beginning(word)).collect();
        Highlighter {
            exact: words.iter().cloned().collect(),
            stems,
            beginnings,
        }
    }

    /// The whole text, marked.
    pub fn mark(&self, text: &str) -> String {
        self.mark_between(text, 0, text.len())
    }

    /// The part of about `chars` characters where most different words stand, marked; an ellipsis shows what is cut.
    pub fn excerpt(&self, text: &str, chars: usize) -> String {
        if text.chars().nth(chars).is_none() {
            return self.mark(text);
        }
        let words: Vec<text::Word> = text::words(text)
            .take_while(|word| word.to <= LONGEST_SEARCHED_BYTES)
            .collect();
        let hits: Vec<usize> = (0..words.len())
            .filter(|place| self.is_hit(&words[*place].text))
            .collect();
        // Start a few words before a hit, so that it is read in its sentence.
        let starts = hits
            .iter()
            .take(MOST_STARTS)
            .map(|hit| hit.saturating_sub(WORDS_BEFORE));
        let mut best = (0, 0);
        for start in std::iter::once(0).chain(starts) {
            let last = last_word_within(&words, text, start, chars);
            let inside = hits
                .iter()
                .skip_while(|hit| **hit < start)
                .take_while(|hit| **hit <= last);
            let different = inside
                .map(|hit| &words[*hit].text)
                .collect::<HashSet<_>>()
                .len();
            if different > best.0 {
                best = (different, start);
            }
        }
        let (from, to) = match words.get(best.1) {
            Some(first) => {
                let last = last_word_within(&words, text, best.1, chars);
                (if best.1 == 0 { 0 } else { first.from }, words[last].to)
            }
            None => (
                0,
                text.char_indices()
                    .nth(chars)
                    .map_or(text.len(), |(end, _)| end),
            ),
        };
        let (before, after) = (
            if from > 0 { "… " } else { "" },
            if to < text.len() { " …" } else { "" },
        );
        format!("{before}{}{after}", self.mark_between(text, from, to))
    }

    fn mark_between(&self, text: &str, from: usize, to: usize) -> String {
        let shown = &text[from..to];
        let mut marked = String::with_capacity(shown.len() + 32);
        let mut at = 0;
        for word in text::words(shown).filter(|word| self.is_hit(&word.text)) {
            escape(&shown[at..word.from], &mut marked);
            marked.push_str("<mark>");
            escape(&shown[word.from..word.to], &mut marked);
            marked.push_str("</mark>");
            at = word.to;
        }
        escape(&shown[at..], &mut marked);
        marked
    }

    fn is_hit(&self, word: &str) -> bool {
        if self.exact.contains(word) {
            return true;
        }
        let may_be = beginning(word).is_some_and(|begins| self.beginnings.contains(&begins));
        let stems = Language::ALL.into_iter().zip(&self.stems);
        may_be
            && stems
                .into_iter()
                .any(|(language, stems)| stems.contains(&Stems::new(language).stem(word)))
    }
}

/// The first two bytes of a word that is long enough to have other forms.
fn beginning(word: &str) -> Option<[u8; 2]> {
    word.as_bytes().first_chunk().copied()
}

/// The last word that ends within so many characters of where the word `start` begins.
fn last_word_within(words: &[text::Word], text: &str, start: usize, chars: usize) -> usize {
    let from = words.get(start).map_or(0, |word| word.from);
    let end = text[from..]
        .char_indices()
        .nth(chars)
        .map_or(text.len(), |(offset, _)| from + offset);
    words
        .partition_point(|word| word.to <= end)
        .saturating_sub(1)
        .max(start)
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Highlighter {
        Highlighter::new(&list.iter().map(|word| word.to_string()).collect::<Vec<_>>())
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
