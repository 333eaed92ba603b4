//! How texts are set: the spaces, quotation marks and ordinals that French wants, and curly apostrophes in both languages.
//!
//! Texts of our own get the spaces that they lack; texts of the catalogue only keep the ones they have from breaking, since
//! a name such as "Kahoot!" is written without.

use std::borrow::Cow;

use crate::domain::language::Language;
use crate::domain::typography::{day, grouped};

/// Does not break: before a colon, inside quotation marks, before a unit.
const NO_BREAK: char = '\u{a0}';
/// The narrow one: before the other high signs, between thousands.
const NARROW: char = '\u{202f}';

/// Whose text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Written for these pages or computed by Classo.
    Ours,
    /// Out of the catalogue.
    Catalogue,
}

/// Sets a text.
pub fn typeset(text: &str, language: Language, origin: Origin) -> Cow<'_, str> {
    match language {
        _ if !needs_setting(text) => Cow::Borrowed(text),
        Language::Fr => Cow::Owned(french(text, origin)),
        Language::En => Cow::Owned(english(text)),
    }
}

/// Whether there is any sign that the rules below look at.
fn needs_setting(text: &str) -> bool {
    text.bytes().any(|byte| {
        matches!(
            byte,
            b'\'' | b'"' | b':' | b';' | b'!' | b'?' | b'$' | b'%' | b'0'..=b'9' | 0xc2
        )
    })
}

fn french(text: &str, origin: Origin) -> String {
    let signs: Vec<char> = text.chars().collect();
    let mut set = String::with_capacity(text.len() + 16);
    let mut is_quoting = false;
    let mut at = 0;
    while let Some(&sign) = signs.get(at) {
        let next = signs.get(at + 1).copied();
        match sign {
            ':' | ';' | '!' | '?' => {
                let space = if sign == ':' { NO_BREAK } else { NARROW };
                let ends_here = next.is_none_or(|next| next.is_whitespace() || closes(next));
                stick(&mut set, space, origin == Origin::Ours && ends_here);
                set.push(sign);
            }
            '»' => {
                stick(&mut set, NO_BREAK, true);
                set.push('»');
            }
            '«' => {
                set.push_str("«\u{a0}");
                at += usize::from(next.is_some_and(is_space));
            }
            '"' if origin == Origin::Ours => {
                if is_quoting {
                    stick(&mut set, NO_BREAK, true);
                    set.push('»');
                } else {
                    set.push_str("«\u{a0}");
                }
                is_quoting = !is_quoting;
            }
            '$' | '%' | '€' if set.trim_end_matches(is_space).ends_with(is_digit) => {
                stick(&mut set, NO_BREAK, false);
                set.push(sign);
            }
            '\'' if next.is_some_and(char::is_alphabetic) && set.ends_with(char::is_alphabetic) => {
                set.push('’');
            }
            sign if sign.is_ascii_digit() && !set.ends_with(char::is_alphanumeric) => {
                at += ordinal(&signs[at..], &mut set);
                continue;
            }
            sign => set.push(sign),
        }
        at += 1;
    }
    set
}

fn english(text: &str) -> String {
    let mut set = String::with_capacity(text.len() + 8);
    for sign in text.chars() {
        let opens = set
            .chars()
            .next_back()
            .is_none_or(|last| last.is_whitespace() || last == '(');
        match sign {
            '\'' if set.ends_with(char::is_alphanumeric) => set.push('’'),
            '"' if opens => set.push('“'),
            '"' => set.push('”'),
            sign => set.push(sign),
        }
    }
    set
}

/// Makes the space at the end one that does not break; adds it where there is none and `wanted` says so.
fn stick(set: &mut String, space: char, wanted: bool) {
    let kept = set.trim_end_matches(is_space).len();
    let had = kept < set.len();
    let last = set[..kept].chars().next_back();
    let closes = space == NO_BREAK && matches!(last, Some('!' | '?'));
    let follows_text = last.is_some_and(|last| !matches!(last, '!' | '?' | '(' | '«'));
    if (had || wanted) && (follows_text || closes) {
        set.truncate(kept);
        set.push(space);
    }
}

/// Writes the number that begins here, and its ending as French abbreviates it; returns how many signs were read.
fn ordinal(signs: &[char], set: &mut String) -> usize {
    let digits = signs
        .iter()
        .take_while(|sign| sign.is_ascii_digit())
        .count();
    set.extend(&signs[..digits]);
    let letters: String = signs[digits..]
        .iter()
        .take_while(|sign| sign.is_alphabetic())
        .collect();
    let ending = match letters.as_str() {
        "ère" | "ere" => "re",
        "ème" | "eme" | "ième" | "ieme" => "e",
        _ => return digits,
    };
    set.push_str(ending);
    digits + letters.chars().count()
}

/// Raises the endings of ordinals in escaped HTML: "2e" becomes `2<sup>e</sup>`.
pub fn raise_ordinals(html: &str, language: Language) -> Cow<'_, str> {
    if language == Language::En || !html.bytes().any(|byte| byte.is_ascii_digit()) {
        return Cow::Borrowed(html);
    }
    let mut raised = String::with_capacity(html.len() + 16);
    let mut rest = html;
    while let Some(from) = rest.find(|c: char| c.is_ascii_digit()) {
        let before = &rest[..from];
        let follows = before.ends_with(|c: char| c.is_alphanumeric() || c == '#' || c == '-');
        let stands_alone =
            !(follows || before.is_empty() && raised.ends_with(char::is_alphanumeric));
        let digits = rest[from..].len() - rest[from..].trim_start_matches(is_digit).len();
        let (number, after) = rest.split_at(from + digits);
        raised.push_str(number);
        let letters = after.len() - after.trim_start_matches(char::is_alphabetic).len();
        rest = after;
        if stands_alone && matches!(&after[..letters], "e" | "er" | "re" | "es" | "ers" | "res") {
            raised.push_str("<sup>");
            raised.push_str(&after[..letters]);
            raised.push_str("</sup>");
            rest = &after[letters..];
        }
    }
    raised.push_str(rest);
    Cow::Owned(raised)
}

/// A number as the language writes it.
pub fn number(number: u64, language: Language) -> String {
    let separator = match language {
        Language::Fr => NARROW,
        Language::En => ',',
    };
    grouped(number, separator)
}

/// An amount in its currency as the language writes it; whole dollars have no cents.
pub fn money(cents: u64, currency: &str, language: Language) -> String {
    let dollars = number(cents / 100, language);
    let (rest, sign) = (cents % 100, if currency == "CAD" { "$" } else { currency });
    match (language, rest) {
        (Language::Fr, 0) => format!("{dollars}{NO_BREAK}{sign}"),
        (Language::Fr, rest) => format!("{dollars},{rest:02}{NO_BREAK}{sign}"),
        (Language::En, rest) => {
            let amount = match rest {
                0 => dollars,
                rest => format!("{dollars}.{rest:02}"),
            };
            match sign {
                "$" => format!("${amount}"),
                sign => format!("{amount}{NO_BREAK}{sign}"),
            }
        }
    }
}

/// A date of a record, told as far as it is known ("2026", "2026-01", "2026-01-31..."); what is no date stays as it is.
pub fn date(date: &str, language: Language) -> String {
    let first_day = format!("{date}-01");
    let first = day(&first_day, language);
    if first == first_day || date.len() != "2026-01".len() {
        return day(date, language);
    }
    match language {
        Language::Fr => first.replacen("1er ", "", 1),
        Language::En => first.replacen(" 1,", "", 1),
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | NO_BREAK | NARROW)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn closes(c: char) -> bool {
    matches!(c, '»' | ')' | '!' | '?' | '"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(text: &str) -> String {
        typeset(text, Language::Fr, Origin::Ours).into_owned()
    }

    #[test]
    fn high_signs_and_quotation_marks_get_spaces_that_do_not_break() {
        assert_eq!(
            ours("Quoi ? Oui! Niveau: 4"),
            "Quoi\u{202f}? Oui\u{202f}! Niveau\u{a0}: 4"
        );
        assert_eq!(ours("Un; deux ; trois"), "Un\u{202f}; deux\u{202f}; trois");
        assert_eq!(ours("«oui»"), "«\u{a0}oui\u{a0}»");
        assert_eq!(ours("le mot \"oui\"."), "le mot «\u{a0}oui\u{a0}».");
        assert_eq!(ours("Vraiment ?!"), "Vraiment\u{202f}?!");
        assert_eq!(ours("« Quoi ? »"), "«\u{a0}Quoi\u{202f}?\u{a0}»");
        assert_eq!(ours("12 % ou 5 $"), "12\u{a0}% ou 5\u{a0}$");
        assert_eq!(ours("l'élève d'ici"), "l’élève d’ici");
    }

    #[test]
    fn addresses_times_and_names_stay_whole() {
        for text in ["https://exemple.ca/?q=a;b", "8:30", "a::b", "C'", "'"] {
            assert_eq!(ours(text), text);
        }
        let theirs = |text| typeset(text, Language::Fr, Origin::Catalogue).into_owned();
        assert_eq!(theirs("Kahoot! est un jeu"), "Kahoot! est un jeu");
        assert_eq!(
            theirs("Le prix : 5 $ !"),
            "Le prix\u{a0}: 5\u{a0}$\u{202f}!"
        );
        assert_eq!(
            theirs("a &amp; b&quot; ; c"),
            "a &amp; b&quot;\u{202f}; c",
            "entities are no punctuation"
        );
    }

    #[test]
    fn setting_twice_changes_nothing() {
        for text in [
            "Quoi ? « Oui »; 12 % : l'an 2ème!",
            "\"a\" (b)!",
            "« »",
            "?",
            " : ",
        ] {
            assert_eq!(ours(&ours(text)), ours(text), "{text}");
        }
    }

    #[test]
    fn ordinals_are_abbreviated_and_raised() {
        assert_eq!(ours("2ème et 1ère, 3ième"), "2e et 1re, 3e");
        let raised = |html| raise_ordinals(html, Language::Fr).into_owned();
        assert_eq!(
            raised("2e cycle, 1re année"),
            "2<sup>e</sup> cycle, 1<sup>re</sup> année"
        );
        assert_eq!(
            raised("A2e 3D x-2e &#39;e 12 et 4"),
            "A2e 3D x-2e &#39;e 12 et 4"
        );
        assert_eq!(raise_ordinals("2e", Language::En), "2e");
    }

    #[test]
    fn numbers_amounts_and_dates_are_written_as_each_language_does() {
        assert_eq!(number(1_234_567, Language::Fr), "1\u{202f}234\u{202f}567");
        assert_eq!(number(1_234, Language::En), "1,234");
        assert_eq!(number(999, Language::En), "999");
        assert_eq!(money(1_250, "CAD", Language::Fr), "12,50\u{a0}$");
        assert_eq!(money(120_000, "CAD", Language::En), "$1,200");
        assert_eq!(money(999, "USD", Language::En), "9.99\u{a0}USD");
        assert_eq!(date("2026-01-31", Language::Fr), "31 janvier 2026");
        assert_eq!(date("2026-03-01T08:00:00Z", Language::Fr), "1er mars 2026");
        assert_eq!(date("2026-01-31", Language::En), "January 31, 2026");
        assert_eq!(date("2026-01", Language::En), "January 2026");
        assert_eq!(date("2026", Language::Fr), "2026");
        assert_eq!(date("hier", Language::Fr), "hier");
        assert_eq!(date("2026-77", Language::Fr), "2026-77");
    }

    #[test]
    fn english_gets_curly_quotes() {
        let set = typeset(
            "The \"free\" teacher's (\"best\") one",
            Language::En,
            Origin::Ours,
        );
        assert_eq!(set, "The “free” teacher’s (“best”) one");
    }
}
