//! How amounts, days and sentences are written in each language, as a reader in Québec expects them.

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
    let text = format!("{:.2}", ten_thousandths as f64 / 10_000.0);
    match language {
        Language::Fr => text.replace('.', ","),
        Language::En => text,
    }
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

/// A sentence of ours with the spaces that no line may be broken at: in French before a colon, a dollar or a per cent sign,
/// within quotation marks and between the groups of a number.
pub fn set(text: &str, language: Language) -> String {
    if language == Language::En {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let is_digit = |place: usize| letters.get(place).is_some_and(char::is_ascii_digit);
    let stays = |place: usize| {
        let (before, after) = (
            place.checked_sub(1).map(|before| letters[before]),
            letters.get(place + 1),
        );
        before == Some('«')
            || matches!(after, Some(':' | '»' | '$' | '%'))
            || (before.is_some_and(|before| before.is_ascii_digit())
                && (1..=3).all(|after| is_digit(place + after)))
    };
    let letter = |(place, letter): (usize, &char)| match letter {
        ' ' if stays(place) => '\u{a0}',
        '\'' => '’',
        letter => *letter,
    };
    letters.iter().enumerate().map(letter).collect()
}

/// A number in groups of three digits.
pub fn grouped(number: u64, separator: char) -> String {
    let digits = number.to_string();
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

    #[test]
    fn french_keeps_together_what_must_not_be_parted_by_a_line() {
        assert_eq!(
            set("L'avis : « oui » à 1 200,00 $ ou 5 %", Language::Fr),
            "L’avis\u{a0}: «\u{a0}oui\u{a0}» à 1\u{a0}200,00\u{a0}$ ou 5\u{a0}%"
        );
        assert_eq!(set("Why: 'a'", Language::En), "Why: 'a'");
    }
}
