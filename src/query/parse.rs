//! What a person typed, taken apart: words, "phrases" and -exclusions.
//!
//! No text is an error: a quote that is never closed is a sign like any other, a lone hyphen is nothing.

use std::ops::Range;

use crate::domain::text;

/// The parts of a typed question, as folded words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParsedText {
    /// Every word that may match, those of phrases included, in order, each once.
    pub words: Vec<String>,
    /// The last word, when nothing ends it: no space, no full stop, no closing quote.
    pub unfinished: Option<String>,
    /// Each must occur, its words next to one another.
    pub phrases: Vec<Vec<String>>,
    /// None may occur.
    pub exclusions: Vec<Vec<String>>,
    /// The bytes of the text that are neither phrase nor exclusion.
    pub plain: Vec<Range<usize>>,
}

/// Takes a typed text apart.
///
/// ```
/// use classo::query::parse::parse;
/// let parsed = parse("jeu \"cycle de l'eau\" -vidéo");
/// assert_eq!(parsed.words, ["jeu", "cycle", "de", "eau"]);
/// assert_eq!(parsed.phrases, [["cycle", "de", "eau"]]);
/// assert_eq!(parsed.exclusions, [["video"]]);
/// ```
pub fn parse(typed: &str) -> ParsedText {
    let parsed = parse_signs(typed);
    let demands = !parsed.phrases.is_empty() || !parsed.exclusions.is_empty();
    if !demands || plain_words(typed, &parsed) < PROSE_WORDS {
        return parsed;
    }
    let mut words = Vec::new();
    add_words(typed, &mut words);
    ParsedText {
        words,
        phrases: Vec::new(),
        exclusions: Vec::new(),
        ..parsed
    }
}

/// From so many words on, those in quotes not counted, a text is prose: its quotation marks quote, they demand nothing,
/// and a hyphen is a dash.
const PROSE_WORDS: usize = 12;

fn plain_words(typed: &str, parsed: &ParsedText) -> usize {
    let plain = parsed
        .plain
        .iter()
        .map(|part| text::words(&typed[part.clone()]).count());
    plain.sum()
}

/// Takes a text apart by its quotation marks and hyphens.
fn parse_signs(typed: &str) -> ParsedText {
    let mut parsed = ParsedText::default();
    let mut rest = typed;
    let mut at_word_start = true;
    let mut plain_from = 0;
    loop {
        let at = typed.len() - rest.len();
        let Some(c) = rest.chars().next() else { break };
        let (excluded, quoted) = match rest.strip_prefix('-') {
            Some(after) if at_word_start => (true, after),
            _ => (false, rest),
        };
        let phrase = quotation(quoted);
        if phrase.is_none() && !(excluded && quoted.starts_with(char::is_alphanumeric)) {
            at_word_start = c.is_whitespace();
            rest = &rest[c.len_utf8()..];
            continue;
        }
        add_words(&typed[plain_from..at], &mut parsed.words);
        parsed.plain.push(plain_from..at);
        let (inside, after) = phrase.unwrap_or_else(|| {
            quoted.split_at(quoted.find(char::is_whitespace).unwrap_or(quoted.len()))
        });
        let words: Vec<String> = text::words(inside).map(|word| word.text).collect();
        if excluded && !words.is_empty() {
            parsed.exclusions.push(words);
        } else if !words.is_empty() {
            add_words(inside, &mut parsed.words);
            parsed.phrases.push(words);
        }
        rest = after;
        plain_from = typed.len() - rest.len();
        at_word_start = rest.starts_with(char::is_whitespace);
    }
    let last = &typed[plain_from..];
    add_words(last, &mut parsed.words);
    if last.ends_with(char::is_alphanumeric) {
        parsed.unfinished = text::words(last).last().map(|word| word.text);
    }
    parsed.plain.push(plain_from..typed.len());
    parsed
}

/// The inside of a quotation that starts here and is closed, and what follows it.
fn quotation(text: &str) -> Option<(&str, &str)> {
    let closing = match text.chars().next()? {
        '"' => '"',
        '«' => '»',
        '“' => '”',
        _ => return None,
    };
    let inside = &text[text.chars().next()?.len_utf8()..];
    let end = inside.find(closing)?;
    Some((&inside[..end], &inside[end + closing.len_utf8()..]))
}

fn add_words(typed: &str, words: &mut Vec<String>) {
    for word in text::words(typed) {
        if !words.contains(&word.text) {
            words.push(word.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyphens_inside_words_and_alone_exclude_nothing() {
        for typed in ["porte-monnaie", "sous -", "a - b", "--", "e-mail"] {
            assert!(parse(typed).exclusions.is_empty(), "{typed}");
        }
        assert_eq!(parse("jeux -e-mail").exclusions, [["e", "mail"]]);
        assert_eq!(
            parse("-\"jeu vidéo\" calcul").exclusions,
            [["jeu", "video"]]
        );
    }

    #[test]
    fn french_and_curly_quotation_marks_are_phrases_and_an_open_one_is_not() {
        assert_eq!(parse("« plan d’eau »").phrases, [["plan", "eau"]]);
        assert_eq!(parse("“water cycle”").phrases, [["water", "cycle"]]);
        assert!(parse("\"plan d'eau").phrases.is_empty());
        assert_eq!(parse("\"plan d'eau").words, ["plan", "eau"]);
    }

    #[test]
    fn the_last_word_is_unfinished_unless_a_space_or_a_sign_ends_it() {
        let unfinished = |typed| parse(typed).unfinished;
        assert_eq!(unfinished("jeu de frac").as_deref(), Some("frac"));
        assert_eq!(unfinished("jeu de frac "), None);
        assert_eq!(unfinished("\"plan\" jeu -vid"), None);
        assert_eq!(unfinished("des fractions ?"), None);
        assert_eq!(unfinished("\"jeu\""), None);
    }

    #[test]
    fn prose_demands_nothing() {
        let prose = "I would like to find articles about images that are subject to noise, such as \"Outer products\" -see below-";
        let parsed = parse(prose);
        assert!(parsed.phrases.is_empty() && parsed.exclusions.is_empty());
        assert!(
            parsed.words.contains(&"outer".to_owned())
                && parsed.words.contains(&"below".to_owned())
        );
    }

    #[test]
    fn the_same_word_counts_once() {
        assert_eq!(parse("Jeu jeu JEU \"jeu\"").words, ["jeu"]);
    }
}
