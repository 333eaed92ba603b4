//! What of a typed text may be counted by its words.
//!
//! A person can type anything into a search box: a pupil's name, an address, a telephone number pasted from somewhere. No
//! rule recognises a name, which is why a rare text is never kept (see the threshold in [`super::tally`]); what has the
//! form of a person's particulars is not even counted, however often it comes.

/// A longer text is a story, not a question that many ask.
const LONGEST_CHARS: usize = 80;

/// So many words in a row are a story as well.
const MOST_WORDS: usize = 10;

/// A number of so many digits identifies something: a telephone, a file, a birthday. Years and quantities are shorter.
const TELLING_DIGITS: usize = 5;

/// A text in the form in which it is counted: lower case, single spaces. Nothing when it is not counted by its words.
pub fn countable(text: &str) -> Option<String> {
    if text.len() > LONGEST_CHARS * 4 {
        return None;
    }
    let clean = text.replace(|c: char| c.is_control(), " ").to_lowercase();
    let words: Vec<&str> = clean.split_whitespace().collect();
    let joined = words.join(" ");
    let is_story = words.len() > MOST_WORDS || joined.chars().count() > LONGEST_CHARS;
    let is_countable = !words.is_empty()
        && !is_story
        && !looks_like_an_address(&words)
        && !has_telling_number(&joined)
        && !has_postal_code(&joined);
    is_countable.then_some(joined)
}

/// An e-mail address, a name of a social network, a web address.
fn looks_like_an_address(words: &[&str]) -> bool {
    words.iter().any(|word| {
        word.contains('@')
            || word.contains("://")
            || word.starts_with("www.")
            || word.contains("(at)")
            || word.contains("[at]")
    })
}

/// Digits that belong together, whatever stands between them: « 514 555-1234 », « 2014/05/23 », « TREJ12345678 ».
fn has_telling_number(text: &str) -> bool {
    let (mut digits, mut gap) = (0, 0);
    for c in text.chars() {
        match c {
            c if c.is_numeric() => {
                digits += 1;
                gap = 0;
                if digits >= TELLING_DIGITS {
                    return true;
                }
            }
            ' ' | '-' | '.' | '/' | '(' | ')' | '+' | '_' | ':' if gap < 2 => gap += 1,
            _ => (digits, gap) = (0, 0),
        }
    }
    false
}

/// A Canadian postal code: « h2x 1y4 ».
fn has_postal_code(text: &str) -> bool {
    let shape: Vec<char> = text
        .chars()
        .filter(|c| *c != ' ' && *c != '-')
        .map(|c| match c {
            c if c.is_ascii_digit() => '0',
            c if c.is_ascii_alphabetic() => 'a',
            _ => '?',
        })
        .collect();
    shape
        .windows(6)
        .any(|window| window == ['a', '0', 'a', '0', 'a', '0'])
}

#[cfg(test)]
mod tests {
    use super::countable;

    #[test]
    fn questions_are_counted_in_one_form() {
        for (text, form) in [
            ("  Les   Fractions\t", "les fractions"),
            ("ÉLÈVE dys", "élève dys"),
            ("C++", "c++"),
            ("mathématique 4e année 2026", "mathématique 4e année 2026"),
            ("jeu gratuit 8 à 10 ans", "jeu gratuit 8 à 10 ans"),
            ("secondaire 1 2 3 4", "secondaire 1 2 3 4"),
        ] {
            assert_eq!(countable(text).as_deref(), Some(form));
        }
    }

    #[test]
    fn particulars_of_persons_are_not_counted() {
        for text in [
            "",
            " \u{1} ",
            "jeanne@example.org",
            "écrire à jeanne (at) example",
            "@jeanne",
            "https://example.org/eleve/12",
            "www.example.org",
            "514 555-1234",
            "(514) 555 1234 poste 2",
            "+1.514.555.1234",
            "TREJ12345678",
            "né le 23/05/2014",
            "né le 2014-05-23",
            "nas 123 456 789",
            "h2x 1y4",
            "H2X1Y4",
            "٠١٢٣٤٥",
            "mon élève de quatrième année qui vient de changer d'école a besoin d'aide",
            &"long ".repeat(30),
        ] {
            assert_eq!(countable(text), None, "{text}");
        }
    }
}
