//! A password: what a new one must be, and how it is held while it is in memory.
//!
//! Rules follow what is known to help: length, and not being among the first that anybody tries. No rule asks for a digit
//! or a sign. Text is brought to one form (NFKC), so that é typed on one system opens what é typed on another closed.

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use super::problem::Problem;

/// The shortest that is accepted, in characters.
pub const SHORTEST: usize = 8;

/// The longest that is read at all, in bytes: a long sentence fits, a flood does not.
pub const LONGEST_BYTES: usize = 512;

/// What many people choose, one in a line, in small letters without accents.
const COMMON: &str = include_str!("password/common.txt");

/// Digits and signs that do not make a common word another password, such as the year in `bonjour2026!`.
const DECORATION: usize = 5;

/// A password as a person typed it: hidden when printed, wiped when dropped.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

impl Password {
    /// One that is presented to be compared with what is kept; only its size is looked at.
    ///
    /// # Errors
    /// A problem of the field `password`.
    pub fn presented(text: String) -> Result<Self, Problem> {
        let raw = SecretString::from(text);
        if raw.expose_secret().len() > LONGEST_BYTES {
            return Err(too_long());
        }
        let text: String = raw.expose_secret().nfkc().collect();
        if text.len() > LONGEST_BYTES {
            return Err(too_long());
        }
        Ok(Password(SecretString::from(text)))
    }

    /// A new one, chosen by somebody with this e-mail address.
    ///
    /// # Errors
    /// What is wrong with it, as a problem of the field `password`.
    pub fn chosen(text: String, email: &str) -> Result<Self, Problem> {
        let password = Password::presented(text)?;
        let typed = password.expose();
        if typed.chars().count() < SHORTEST {
            return Err(problem(
                "too_short",
                &format!("a password has at least {SHORTEST} characters"),
            ));
        }
        if is_easily_guessed(typed, email) {
            return Err(problem(
                "easily_guessed",
                "this password is among the first that others would try; a few words that do not belong together are better",
            ));
        }
        Ok(password)
    }

    /// The text itself, for whoever hashes it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

fn too_long() -> Problem {
    problem(
        "too_long",
        &format!("a password has at most {LONGEST_BYTES} bytes"),
    )
}

fn problem(code: &'static str, detail: &str) -> Problem {
    Problem::new("password", code, detail)
}

/// Whether it is a common word with or without a year, a walk over keys, one thing repeated, or the address itself.
fn is_easily_guessed(typed: &str, email: &str) -> bool {
    let plain = plain(typed);
    let core = undecorated(&plain);
    let local = plain_of_address(email);
    let is_word = |word: &str| COMMON.lines().any(|common| common == word);
    is_word(&plain)
        || is_word(core)
        || is_repetition(&plain)
        || is_walk(&plain)
        || (local.chars().count() > 3 && (core == local || undecorated(&local) == core))
        || plain == self::plain(email)
}

/// Small letters without accents.
fn plain(text: &str) -> String {
    text.nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

fn plain_of_address(email: &str) -> String {
    plain(email.split('@').next().unwrap_or_default())
}

/// Without a few digits and signs around it; with many, they are the password.
fn undecorated(text: &str) -> &str {
    let core = text.trim_matches(|c: char| !c.is_alphabetic());
    if text.chars().count() - core.chars().count() <= DECORATION {
        core
    } else {
        text
    }
}

/// A short piece again and again: `aaaaaaaa`, `abcabcabc`.
fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=chars.len() / 2).filter(|size| *size <= 4).any(|size| {
        chars
            .iter()
            .zip(chars.iter().skip(size))
            .all(|(one, other)| one == other)
    })
}

/// Rows that fingers walk along, forwards or backwards.
const ROWS: [&str; 8] = [
    "12345678901234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
];

fn is_walk(text: &str) -> bool {
    let backwards: String = text.chars().rev().collect();
    ROWS.iter()
        .any(|row| row.contains(text) || row.contains(&backwards))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<&'static str> {
        Password::chosen(text.into(), "lucie.tremblay@ecole.example")
            .err()
            .map(|problem| problem.code)
    }

    #[test]
    fn long_enough_and_not_common_is_all_that_is_asked() {
        for good in [
            "quatre mots au hasard",
            "tramway-orange",
            "kfhwzpqa",
            "ééééàààà",
            "9471 0385 2266",
            "passons à table",
        ] {
            assert_eq!(code(good), None, "{good}");
        }
        assert_eq!(code("kfhwzpq"), Some("too_short"));
        assert_eq!(code(&"é".repeat(257)), Some("too_long"));
    }

    #[test]
    fn what_others_would_try_first_is_refused() {
        for common in [
            "password",
            "Passw0rd",
            "MotDePasse",
            "motdepasse1",
            "Bonjour2026!",
            "12345678",
            "87654321",
            "qwertyuiop",
            "AZERTYUIOP",
            "aaaaaaaa",
            "abcabcabc",
            "1212121212",
            "Québec2025",
            "lucie.tremblay",
            "Lucie.Tremblay1",
            "lucie.tremblay@ecole.example",
        ] {
            assert_eq!(code(common), Some("easily_guessed"), "{common}");
        }
    }

    #[test]
    fn two_ways_to_type_an_accent_are_one_password() {
        let composed = Password::presented("caf\u{e9} au lait".into()).expect("read");
        let decomposed = Password::presented("cafe\u{301} au lait".into()).expect("read");
        assert_eq!(composed.expose(), decomposed.expose());
        assert!(!format!("{composed:?}").contains("lait"));
    }

    #[test]
    fn the_list_is_in_the_form_that_is_compared() {
        for word in COMMON.lines() {
            assert_eq!(word, plain(word));
            assert!(!word.is_empty() && word.trim() == word, "{word:?}");
        }
    }
}
