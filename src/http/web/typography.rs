//! How pages write numbers, amounts, days and the endings of ordinals; texts are set by `domain::typography`.

use std::borrow::Cow;

use crate::domain::language::Language;
use crate::domain::typography::{NARROW, NO_BREAK, day, grouped};

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

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_of_ordinals_are_raised() {
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
}
