//! The address of a page: where every state of a search lives, and what links change of it.

use std::cell::Cell;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::query::params::RawParams;

/// What stays readable in a query string; all of it is allowed there.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b',')
    .remove(b':');

/// What stays readable in one step of a path.
const STEP: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b':');

/// Addresses that a page has very many of carry no more than so many bytes of parameters.
const LONGEST_CARRIED: usize = 400;

/// How much of a question the links of a page carry, in encoded bytes: eighty words, or fewer in letters that take many
/// bytes.
const LONGEST_QUESTION: usize = 480;

/// How long the choices of an address may be together, in encoded bytes: some thirty.
pub const MOST_CHOICES: usize = 1_200;

fn encoded(text: &str) -> usize {
    utf8_percent_encode(text, VALUE).map(str::len).sum()
}

/// A path within one language, and the parameters in their order. What was left empty in a form is not there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// With the language, such as `/fr/search`.
    pub path: String,
    params: Vec<(String, String)>,
    /// What could not be decoded, as the core reads it: to be told.
    broken: Option<String>,
}

impl Address {
    /// From a path and a percent-encoded query string.
    pub fn read(path: &str, query: &str) -> Address {
        let decode = |text: &str| {
            let text = text.replace('+', " ");
            let decoded = percent_decode_str(&text).decode_utf8();
            decoded.ok().map(|text| text.into_owned())
        };
        let mut address = Address {
            path: path.to_owned(),
            ..Address::default()
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (decode(name), decode(value)) {
                (Some(name), _) if is_of_others(&name) => {}
                (Some(_), Some(value)) if value.trim().is_empty() => {}
                // Saying something twice says no more.
                (Some(name), Some(value)) if address.all(&name).any(|said| said == value) => {}
                (Some(name), Some(value)) => address.params.push((name, value)),
                _ => address.broken = Some(pair.to_owned()),
            }
        }
        address
    }

    /// The same parameters under another path.
    pub fn at(&self, path: String) -> Address {
        Address {
            path,
            ..self.clone()
        }
    }

    /// The same parameters on another page of the same language.
    pub fn on(&self, page: &str) -> Address {
        let language = self.path.get(..3).unwrap_or_default();
        Address {
            path: format!("{language}/{page}"),
            params: self.params.clone(),
            broken: None,
        }
    }

    pub fn params(&self) -> &[(String, String)] {
        &self.params
    }

    pub fn first(&self, name: &str) -> Option<&str> {
        let mut named = self.params.iter().filter(|(own, _)| own == name);
        named.next().map(|(_, value)| value.as_str())
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.params.iter().filter(move |(own, _)| own == name);
        named.map(|(_, value)| value.as_str())
    }

    /// With one more value of a parameter.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Address {
        self.params.push((name.to_owned(), value.into()));
        self
    }

    /// Without a parameter.
    pub fn without(self, name: &str) -> Address {
        self.keeping(|own, _| own != name)
    }

    /// Without one value of a parameter.
    pub fn without_value(self, name: &str, value: &str) -> Address {
        self.keeping(|own, had| own != name || had != value)
    }

    /// With those parameters that are wanted.
    pub fn keeping(mut self, wanted: impl Fn(&str, &str) -> bool) -> Address {
        self.params.retain(|(name, value)| wanted(name, value));
        self
    }

    /// Without the last parameter.
    pub fn without_last(mut self) -> Address {
        self.params.pop();
        self
    }

    /// The parameters as the core reads them.
    pub fn raw(&self) -> RawParams {
        match &self.broken {
            Some(broken) => RawParams::from_query_string(broken),
            None => RawParams::from_pairs(self.params.iter().cloned()),
        }
    }

    /// The address as the many links of a page carry it along: without parameters that are very long together.
    pub fn carried(self) -> Address {
        match self.query().len() <= LONGEST_CARRIED {
            true => self,
            false => self.keeping(|_, _| false),
        }
    }

    /// Keeps of the question the beginning that every link of a page can carry, in whole words; whether something was cut.
    pub fn cut_question(&mut self) -> bool {
        let Some((_, text)) = self.params.iter_mut().find(|(name, _)| name == "q") else {
            return false;
        };
        let mut room = LONGEST_QUESTION;
        let fits = |(_, c): &(usize, char)| {
            let bytes = encoded(c.encode_utf8(&mut [0; 4]));
            let left = room.checked_sub(bytes);
            room = left.unwrap_or(0);
            left.is_some()
        };
        let end = text
            .char_indices()
            .skip_while(fits)
            .map(|(at, _)| at)
            .next();
        let Some(end) = end else {
            return false;
        };
        let between_words = text[..end].trim_start().rfind(char::is_whitespace);
        let start = text.len() - text.trim_start().len();
        text.truncate(between_words.map_or(end, |at| start + at));
        true
    }

    /// How long everything but the words of the visitor is, encoded.
    pub fn bytes_of_choices(&self) -> usize {
        let is_choice =
            |(name, _): &&(String, String)| !matches!(name.as_str(), "q" | "title" | "note");
        let choices = self.params.iter().filter(is_choice);
        choices
            .map(|(name, value)| encoded(name) + encoded(value) + 2)
            .sum()
    }

    /// The parameters, encoded.
    pub fn query(&self) -> String {
        let mut query = String::new();
        for (name, value) in &self.params {
            let sign = if query.is_empty() { "" } else { "&" };
            query.push_str(sign);
            query.extend(utf8_percent_encode(name, VALUE));
            query.push('=');
            query.extend(utf8_percent_encode(value, VALUE));
        }
        query
    }
}

/// What is left for the links that a page can do without: each has the whole state, and a page stays light however long that is.
pub struct Room(Cell<usize>);

impl Default for Room {
    fn default() -> Self {
        Room(Cell::new(4_000))
    }
}

impl Room {
    /// An address as it is linked to, while there is room.
    pub fn link(&self, address: Address) -> Option<String> {
        let url = address.to_string();
        let left = self.0.get().checked_sub(url.len())?;
        self.0.set(left);
        Some(url)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path)?;
        match self.params.is_empty() {
            true => Ok(()),
            false => write!(f, "?{}", self.query()),
        }
    }
}

/// Whether a parameter is what mailings and social networks hang onto every link: it says nothing to us.
fn is_of_others(name: &str) -> bool {
    name.starts_with("utm_") || matches!(name, "fbclid" | "gclid" | "mc_cid" | "mc_eid")
}

/// An id as one step of a path.
pub fn step(id: &str) -> String {
    match id {
        // A browser would take these for the folder itself and the one above.
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        id => utf8_percent_encode(id, STEP).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_it_was_read_without_what_is_empty() {
        let address = Address::read(
            "/fr/search",
            "q=jeu+%22de%22&level=/primary&max_price=&q2=%26&utm_source=x",
        );
        assert_eq!(
            address.to_string(),
            "/fr/search?q=jeu%20%22de%22&level=/primary&q2=%26"
        );
        assert_eq!(address.first("q"), Some("jeu \"de\""));
        let again = Address::read("/fr/search", &address.query());
        assert_eq!(again, address);
    }

    #[test]
    fn links_add_and_take_away() {
        let address = Address::read("/en/search", "level=a&level=b&device=ipad");
        let less = address
            .clone()
            .without_value("level", "a")
            .without("device");
        assert_eq!(less.to_string(), "/en/search?level=b");
        assert_eq!(
            less.with("os", "web").on("guidance").to_string(),
            "/en/guidance?level=b&os=web"
        );
        assert_eq!(Address::read("/fr/", "").to_string(), "/fr/");
    }

    #[test]
    fn a_very_long_question_is_cut_between_words() {
        let cut = |question: &str| {
            let query = utf8_percent_encode(question, VALUE);
            let mut address = Address::read("/fr/search", &format!("q={query}&level=/primary"));
            let is_cut = address.cut_question();
            assert_eq!(address.first("level"), Some("/primary"));
            (is_cut, address.first("q").unwrap_or_default().to_owned())
        };
        let fitting = "jeu de fractions";
        assert_eq!(cut(fitting), (false, fitting.to_owned()));
        let (is_cut, kept) = cut(&"élève ".repeat(200));
        assert!(is_cut && kept.ends_with("élève") && encoded(&kept) <= LONGEST_QUESTION);
        assert_eq!(cut(&"\u{1f393}".repeat(1_000)).1, "\u{1f393}".repeat(40));
    }

    #[test]
    fn an_id_is_one_step_whatever_is_in_it() {
        assert_eq!(step("gar:ark:/1"), "gar:ark:%2F1");
        assert_eq!(step(".."), "%2E%2E");
        assert_eq!(step("é?#"), "%C3%A9%3F%23");
    }
}
