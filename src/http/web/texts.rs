//! The words of the interface: data of `texts/`, the same keys in both languages, checked by tests.
//!
//! A text is plain; `{}` stands for what is put in. What is counted has two forms, `one` and `other`: French counts 0 and 1
//! as singular, English 1 alone.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;
use toml::{Table, Value};

use super::typography;
use crate::domain::language::{Bilingual, Language};
use crate::domain::markup::escape;
use crate::domain::typography::{Origin, typeset};

/// HTML that is safe to put into a page as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Html(Cow<'static, str>);

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::FastWritable for Html {
    fn write_into(&self, page: &mut dyn fmt::Write, _: &dyn askama::Values) -> askama::Result<()> {
        Ok(page.write_str(&self.0)?)
    }
}

impl askama::filters::HtmlSafe for Html {}

impl Html {
    /// What is HTML already: marked excerpts, drawings.
    pub fn of_trusted(html: impl Into<Cow<'static, str>>) -> Html {
        Html(html.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

enum Text {
    Plain(Html),
    Counted { one: Html, other: Html },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Forms {
    one: String,
    other: String,
}

static TEXTS: LazyLock<[HashMap<String, Text>; 2]> = LazyLock::new(|| {
    [
        read(include_str!("texts/fr.toml"), Language::Fr),
        read(include_str!("texts/en.toml"), Language::En),
    ]
});

fn read(file: &str, language: Language) -> HashMap<String, Text> {
    let table: Table = toml::from_str(file).expect("a test reads the embedded texts");
    let mut texts = HashMap::new();
    collect(String::new(), table, language, &mut texts);
    texts
}

fn collect(at: String, table: Table, language: Language, texts: &mut HashMap<String, Text>) {
    let ours = |text: &str| {
        let set = typeset(text, language, Origin::Ours);
        Html(Cow::Owned(escape(&set)))
    };
    for (name, value) in table {
        let key = if at.is_empty() {
            name
        } else {
            format!("{at}.{name}")
        };
        match value {
            Value::Table(inner) if inner.contains_key("one") => {
                let forms: Forms = Value::Table(inner).try_into().expect("one and other");
                let (one, other) = (ours(&forms.one), ours(&forms.other));
                texts.insert(key, Text::Counted { one, other });
            }
            Value::Table(inner) => collect(key, inner, language, texts),
            Value::String(text) => {
                texts.insert(key, Text::Plain(ours(&text)));
            }
            other => panic!("{key} is {}, not a text", other.type_str()),
        }
    }
}

/// What a page shows in the place of a text that is not there; a test looks for it on every page.
pub const MISSING: &str = "\u{27e6}?\u{27e7}";

static MISSED: Html = Html(Cow::Borrowed(MISSING));

/// What reads texts for one visitor.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    pub language: Language,
}

impl Ui {
    fn find(self, key: &str) -> Option<&'static Text> {
        TEXTS[self.language as usize].get(key)
    }

    /// A text.
    pub fn t(&self, key: &str) -> &'static Html {
        match self.find(key) {
            Some(Text::Plain(html)) => html,
            _ => &MISSED,
        }
    }

    /// A text with something of the visitor's or the catalogue's put in.
    pub fn t1(&self, key: &str, value: impl fmt::Display) -> Html {
        let value = value.to_string();
        self.fill(key, &self.set(&value))
    }

    /// A text with HTML put in.
    pub fn fill(&self, key: &str, html: &Html) -> Html {
        Html(Cow::Owned(self.t(key).0.replacen("{}", &html.0, 1)))
    }

    /// A text that counts something.
    pub fn n(&self, key: &str, count: impl Count) -> Html {
        let count = count.count();
        let Some(Text::Counted { one, other }) = self.find(key) else {
            return MISSED.clone();
        };
        let is_singular = match self.language {
            Language::Fr => count < 2,
            Language::En => count == 1,
        };
        let text = if is_singular { one } else { other };
        Html(Cow::Owned(text.0.replacen("{}", &self.number(count), 1)))
    }

    /// A label or a sentence of Classo's own, to be read in a page; its ordinals are raised.
    pub fn label(&self, text: &Bilingual) -> Html {
        let set = typeset(text.get(self.language), self.language, Origin::Ours);
        let html = escape(&set);
        Html(Cow::Owned(
            match typography::raise_ordinals(&html, self.language) {
                Cow::Borrowed(_) => html,
                Cow::Owned(raised) => raised,
            },
        ))
    }

    /// The same without HTML, for attributes and options.
    pub fn plain(&self, text: &Bilingual) -> String {
        let set = typeset(text.get(self.language), self.language, Origin::Ours);
        set.into_owned()
    }

    /// A text of the catalogue or of the visitor.
    pub fn set(&self, text: &str) -> Html {
        let set = typeset(text, self.language, Origin::Theirs);
        Html(Cow::Owned(escape(&set)))
    }

    /// Escaped HTML of the catalogue, with marks in it.
    pub fn marked(&self, html: String) -> Html {
        // An apostrophe means nothing between tags, where these marks stand: it is set as such.
        let html = html.replace("&#39;", "'");
        let set = typeset(&html, self.language, Origin::Theirs);
        Html(Cow::Owned(set.into_owned()))
    }

    pub fn number(&self, number: u64) -> String {
        typography::number(number, self.language)
    }

    /// Canadian cents.
    pub fn money(&self, cents: u64) -> String {
        typography::money(cents, "CAD", self.language)
    }

    pub fn date(&self, date: &str) -> Html {
        let html = escape(&typography::date(date, self.language));
        Html(Cow::Owned(
            typography::raise_ordinals(&html, self.language).into_owned(),
        ))
    }

    pub fn tag(&self) -> &'static str {
        self.language.tag()
    }
}

/// What can be counted.
pub trait Count {
    fn count(&self) -> u64;
}

impl Count for u64 {
    fn count(&self) -> u64 {
        *self
    }
}

impl Count for usize {
    fn count(&self) -> u64 {
        *self as u64
    }
}

impl<C: Count> Count for &C {
    fn count(&self) -> u64 {
        (*self).count()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn both_languages_have_the_same_texts_with_the_same_places_to_fill() {
        let [french, english] = &*TEXTS;
        let keys = |texts: &HashMap<String, Text>| texts.keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(keys(french), keys(english));
        let places = |text: &Text| match text {
            Text::Plain(html) => (html.0.matches("{}").count(), false),
            Text::Counted { one, other } => {
                assert!(other.0.contains("{}"), "{other} counts nothing");
                let _ = one;
                (1, true)
            }
        };
        for (key, text) in french {
            assert_eq!(places(text), places(&english[key]), "{key}");
        }
    }

    #[test]
    fn every_text_that_is_asked_for_is_there_and_every_text_is_asked_for() {
        let mut asked = BTreeSet::new();
        let mut sources = String::new();
        for file in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/web")) {
            let source = std::fs::read_to_string(&file).unwrap();
            for call in [".t(\"", ".t1(\"", ".fill(\"", ".n(\""] {
                for rest in source.split(call).skip(1) {
                    asked.insert(rest.split('"').next().unwrap().to_owned());
                }
            }
            sources.push_str(&source);
        }
        let known = &TEXTS[0];
        let absent: Vec<_> = asked
            .iter()
            .filter(|key| !known.contains_key(*key))
            .collect();
        assert!(absent.is_empty(), "asked for, but not there: {absent:?}");
        let is_built = |key: &str| {
            let group = key.split('.').next().unwrap();
            sources.contains(&format!("\"{group}.{{"))
        };
        let unused: Vec<_> = known
            .keys()
            .filter(|key| !asked.contains(*key) && !is_built(key))
            .collect();
        assert!(unused.is_empty(), "there, but never asked for: {unused:?}");
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let each = paths.flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        });
        each.filter(|path| {
            path.extension()
                .is_some_and(|kind| kind == "rs" || kind == "html" || kind == "xml")
        })
        .filter(|path| !path.ends_with("texts.rs"))
        .collect()
    }

    #[test]
    fn french_counts_nothing_as_one() {
        let (fr, en) = (
            Ui {
                language: Language::Fr,
            },
            Ui {
                language: Language::En,
            },
        );
        assert_eq!(fr.n("search.total", 0u64).as_str(), "0 ressource");
        assert_eq!(fr.n("search.total", 1u64).as_str(), "1 ressource");
        assert_eq!(
            fr.n("search.total", 1234u64).as_str(),
            "1\u{202f}234 ressources"
        );
        assert_eq!(en.n("search.total", 0u64).as_str(), "0 resources");
        assert_eq!(en.n("search.total", 1u64).as_str(), "1 resource");
    }

    #[test]
    fn what_is_put_in_is_escaped() {
        let ui = Ui {
            language: Language::Fr,
        };
        assert!(
            ui.t1("search.title_of", "<b>'\"")
                .as_str()
                .contains("&lt;b&gt;&#39;&quot;")
        );
    }
}
