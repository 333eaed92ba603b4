//! How amounts, days and sentences are written in each language, as a reader in Québec expects them.

use std::borrow::Cow;

use jiff::civil::Date;

use super::language::{Bilingual, Language};

/// An amount of Canadian dollars.
pub fn money(cents: u64) -> Bilingual {
    let (dollars, rest) = (cents / 100, cents % 100);
    Bilingual::new(
        format!("{},{rest:02} $", grouped(dollars, ' ')),
        format!("${}.{rest:02}", grouped(dollars, ',')),
    )
}

/// The same without cents where there are none.
pub fn short_money(cents: u64) -> Bilingual {
    let Bilingual { fr, en } = money(cents);
    match cents % 100 {
        0 => Bilingual::new(fr.replace(",00", ""), en.replace(".00", "")),
        _ => Bilingual::new(fr, en),
    }
}

/// Points with two decimals, from ten-thousandths.
pub fn points(ten_thousandths: i64, language: Language) -> String {
    let hundredths = (ten_thousandths.unsigned_abs() + 50) / 100;
    let sign = match ten_thousandths {
        ..0 if hundredths > 0 => "-",
        _ => "",
    };
    let mark = match language {
        Language::Fr => ',',
        Language::En => '.',
    };
    format!("{sign}{}{mark}{:02}", hundredths / 100, hundredths % 100)
}

/// A day as it is said; a text that is no day stays as it is.
pub fn day(text: &str, language: Language) -> String {
    let day = text.get(..10).and_then(|day| day.parse::<Date>().ok());
    let Some(day) = day else {
        return text.to_owned();
    };
    let month = usize::from(day.month().unsigned_abs()) - 1;
    match (language, day.day()) {
        (Language::Fr, 1) => format!("1er {} {}", MONTHS[month][0], day.year()),
        (Language::Fr, number) => format!("{number} {} {}", MONTHS[month][0], day.year()),
        (Language::En, number) => format!("{} {number}, {}", MONTHS[month][1], day.year()),
    }
}

const MONTHS: [[&str; 2]; 12] = [
    ["janvier", "January"],
    ["février", "February"],
    ["mars", "March"],
    ["avril", "April"],
    ["mai", "May"],
    ["juin", "June"],
    ["juillet", "July"],
    ["août", "August"],
    ["septembre", "September"],
    ["octobre", "October"],
    ["novembre", "November"],
    ["décembre", "December"],
];

/// Whose text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Written for Classo or computed by it: it gets the spaces that it lacks, and loses those that it should not have.
    Ours,
    /// Out of the catalogue, or of a person: only the spaces that it has are kept from breaking, since a name such as
    /// "Kahoot!" is written as it is.
    Theirs,
}

/// Does not break: before a colon or a unit, within quotation marks.
pub const NO_BREAK: char = '\u{a0}';
/// The narrow one: between thousands, and before a high sign that somebody set apart.
pub const NARROW: char = '\u{202f}';

/// Sets a text. French is set as in Québec: no space before `;`, `!` and `?`, one that does not break before a colon, a
/// dollar or a per cent sign, within guillemets and between the groups of a number; ordinals are abbreviated. Both languages
/// get their apostrophes and quotation marks.
pub fn typeset(text: &str, language: Language, origin: Origin) -> Cow<'_, str> {
    if !text.bytes().any(|byte| SIGNS[usize::from(byte)]) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(match language {
        Language::Fr => french(text, origin),
        Language::En => english(text),
    })
}

/// The bytes that begin a sign which the rules below look at; what lies between is copied as it is.
static SIGNS: [bool; 256] = {
    let mut signs = [false; 256];
    // The last ones begin « and », and €.
    let bytes = b"'\":;!?$%0123456789\xc2\xe2";
    let mut place = 0;
    while place < bytes.len() {
        signs[bytes[place] as usize] = true;
        place += 1;
    }
    signs
};

/// The text before the next such sign, and the rest, which begins with it.
fn at_sign(text: &str) -> (&str, &str) {
    let at = text.bytes().position(|byte| SIGNS[usize::from(byte)]);
    text.split_at(at.unwrap_or(text.len()))
}

fn french(text: &str, origin: Origin) -> String {
    let mut set = String::with_capacity(text.len() + 16);
    let mut is_quoting = false;
    let (mut run, mut rest) = at_sign(text);
    loop {
        set.push_str(run);
        let mut signs = rest.chars();
        let Some(sign) = signs.next() else {
            return set;
        };
        let mut after = signs.as_str();
        let next = after.chars().next();
        let ends_here = next.is_none_or(|next| next.is_whitespace() || closes(next));
        match sign {
            ':' => {
                stick(&mut set, NO_BREAK, origin == Origin::Ours && ends_here);
                set.push(sign);
            }
            ';' | '!' | '?' => {
                match origin {
                    Origin::Ours if ends_here => draw_near(&mut set),
                    _ => stick(&mut set, NARROW, false),
                }
                set.push(sign);
            }
            '»' => {
                stick(&mut set, NO_BREAK, true);
                set.push('»');
            }
            '«' => {
                set.push_str("«\u{a0}");
                after = after.strip_prefix(is_space).unwrap_or(after);
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
            // What follows may be marked: « d'<mark>élève</mark> ».
            '\'' if next.is_some_and(|next| next.is_alphanumeric() || next == '<')
                && set.ends_with(char::is_alphabetic) =>
            {
                set.push('’');
            }
            sign if sign.is_ascii_digit() && !set.ends_with(char::is_alphanumeric) => {
                after = number(rest, &mut set);
            }
            sign => set.push(sign),
        }
        (run, rest) = at_sign(after);
    }
}

fn english(text: &str) -> String {
    let mut set = String::with_capacity(text.len() + 8);
    let (mut run, mut rest) = at_sign(text);
    loop {
        set.push_str(run);
        let mut signs = rest.chars();
        let Some(sign) = signs.next() else {
            return set;
        };
        let before = set.chars().next_back();
        match sign {
            '\'' if before.is_some_and(char::is_alphanumeric) => set.push('’'),
            '"' if before.is_none_or(|before| before.is_whitespace() || before == '(') => {
                set.push('“');
            }
            '"' => set.push('”'),
            sign => set.push(sign),
        }
        (run, rest) = at_sign(signs.as_str());
    }
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

/// Takes the space at the end away, where it parts a sign from its text.
fn draw_near(set: &mut String) {
    let kept = set.trim_end_matches(is_space);
    if !kept.is_empty() && !kept.ends_with(['«', '(']) {
        set.truncate(kept.len());
    }
}

/// Writes the number that begins here, in groups that do not part, or with its ending as French abbreviates it; returns
/// what follows.
fn number<'t>(text: &'t str, set: &mut String) -> &'t str {
    let (first, mut rest) = text.split_at(digits(text));
    set.push_str(first);
    if first.len() <= 3 {
        while let Some(group) = rest.strip_prefix(is_space)
            && digits(group) == 3
        {
            set.push(NARROW);
            set.push_str(&group[..3]);
            rest = &group[3..];
        }
    }
    let letters = rest.len() - rest.trim_start_matches(char::is_alphabetic).len();
    let ending = match &rest[..letters] {
        "ère" | "ere" => "re",
        "ème" | "eme" | "ième" | "ieme" => "e",
        _ => return rest,
    };
    set.push_str(ending);
    &rest[letters..]
}

fn digits(text: &str) -> usize {
    text.len() - text.trim_start_matches(is_digit).len()
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | NO_BREAK | NARROW)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn closes(c: char) -> bool {
    matches!(c, '»' | ')' | '!' | '?' | '"') || is_space(c)
}

/// Labels one after the other, with semicolons between them where one has a comma of its own.
///
/// ```
/// use classo::domain::language::Bilingual;
/// use classo::domain::typography::listed;
/// let labels = [Bilingual::new("Anglais, langue seconde", "English Second Language"), Bilingual::new("Arts", "Arts")];
/// let all = listed(&labels);
/// assert_eq!(all.fr, "Anglais, langue seconde; Arts");
/// assert_eq!(all.en, "English Second Language, Arts");
/// ```
pub fn listed<'a>(labels: impl IntoIterator<Item = &'a Bilingual>) -> Bilingual {
    let labels = labels.into_iter();
    let (fr, en): (Vec<&str>, Vec<&str>) = labels
        .map(|label| (label.fr.as_str(), label.en.as_str()))
        .unzip();
    let joined = |labels: Vec<&str>| {
        let has_comma = labels.iter().any(|label| label.contains(", "));
        labels.join(if has_comma { "; " } else { ", " })
    };
    Bilingual::new(joined(fr), joined(en))
}

/// A number in groups of three digits.
pub fn grouped(number: u64, separator: char) -> String {
    let digits = number.to_string();
    if digits.len() <= 3 {
        return digits;
    }
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_days_and_points_are_written_as_each_language_does() {
        assert_eq!(
            money(123_456_789),
            Bilingual::new("1 234 567,89 $", "$1,234,567.89")
        );
        assert_eq!(short_money(120_000), Bilingual::new("1 200 $", "$1,200"));
        assert_eq!(short_money(499), money(499));
        assert_eq!(money(5), Bilingual::new("0,05 $", "$0.05"));
        let days = |text| Language::ALL.map(|language| day(text, language));
        assert_eq!(days("2026-08-01"), ["1er août 2026", "August 1, 2026"]);
        assert_eq!(
            days("2026-12-31T23:59:59Z"),
            ["31 décembre 2026", "December 31, 2026"]
        );
        assert_eq!(days("printemps"), ["printemps"; 2]);
        assert_eq!(
            Language::ALL.map(|language| points(-12_345, language)),
            ["-1,23", "-1.23"]
        );
    }

    fn ours(text: &str) -> String {
        typeset(text, Language::Fr, Origin::Ours).into_owned()
    }

    #[test]
    fn french_is_set_as_in_quebec() {
        assert_eq!(ours("Quoi ? Oui! Niveau: 4"), "Quoi? Oui! Niveau\u{a0}: 4");
        assert_eq!(ours("Un; deux ; trois"), "Un; deux; trois");
        assert_eq!(ours("«oui»"), "«\u{a0}oui\u{a0}»");
        assert_eq!(ours("le mot \"oui\"."), "le mot «\u{a0}oui\u{a0}».");
        assert_eq!(ours("Vraiment ?!"), "Vraiment?!");
        assert_eq!(ours("« Quoi ? »"), "«\u{a0}Quoi?\u{a0}»");
        assert_eq!(ours("12 % ou 5 $"), "12\u{a0}% ou 5\u{a0}$");
        assert_eq!(
            ours("L'avis : « oui » à 1 234 567,00 $ ou 5 %"),
            "L’avis\u{a0}: «\u{a0}oui\u{a0}» à 1\u{202f}234\u{202f}567,00\u{a0}$ ou 5\u{a0}%"
        );
        assert_eq!(
            ours("en 2026 250 élèves, 4 1500"),
            "en 2026 250 élèves, 4 1500"
        );
        assert_eq!(ours("l'élève d'ici"), "l’élève d’ici");
        assert_eq!(
            ours("d'1 h, d'<mark>ici</mark>"),
            "d’1 h, d’<mark>ici</mark>"
        );
        assert_eq!(ours("2ème et 1ère, 3ième"), "2e et 1re, 3e");
    }

    #[test]
    fn addresses_times_and_names_stay_whole() {
        for text in ["https://exemple.ca/?q=a;b", "8:30", "a::b", "C'", "'", "?"] {
            assert_eq!(ours(text), text);
        }
        let theirs = |text| typeset(text, Language::Fr, Origin::Theirs).into_owned();
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
            "1 000 000 de €",
        ] {
            assert_eq!(ours(&ours(text)), ours(text), "{text}");
        }
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
