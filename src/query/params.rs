//! Raw parameters become a [`Query`], or every problem in them.
//!
//! The same names serve the query string, the JSON body, the command line and the queries of an evaluation. In a query
//! string every value is text and a repeated name is a list; in JSON a value has its type and a list is an array.

use std::collections::BTreeMap;

use serde_json::Value;

use super::facet::Facet;
use super::filter::Filters;
use super::page::{Page, Sort};
use super::search_query::Query;
use crate::domain::language::Language;
use crate::domain::problem::Problem;
use crate::domain::profile::Profile;
use crate::domain::resource::TermId;
use crate::domain::vocabulary::Vocabularies;

/// The longest text a person may type.
pub const LONGEST_TEXT_CHARS: usize = 1_000;

/// How many values one parameter may have.
pub const MOST_VALUES: usize = 100;

/// Parameters as they came in, by name.
#[derive(Debug, Default)]
pub struct RawParams {
    values: BTreeMap<String, Vec<Value>>,
    /// Whether every value is text that stands for a number or a yes as well.
    textual: bool,
    /// What was wrong before any name was read.
    problems: Vec<Problem>,
}

impl RawParams {
    /// From the pairs of a query string, decoded.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut params = RawParams {
            textual: true,
            ..RawParams::default()
        };
        for (name, value) in pairs {
            params
                .values
                .entry(name)
                .or_default()
                .push(Value::String(value));
        }
        params
    }

    /// From a percent-encoded query string; bytes that are not UTF-8 are a problem of their parameter.
    pub fn from_query_string(query: &str) -> Self {
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(&text.replace('+', " "))
                .decode_utf8()
                .map(|text| text.into_owned())
        };
        let mut params = RawParams {
            textual: true,
            ..RawParams::default()
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let shown = String::from_utf8_lossy(
                &percent_encoding::percent_decode_str(name).collect::<Vec<u8>>(),
            )
            .into_owned();
            match (decode(name), decode(value)) {
                (Ok(name), Ok(value)) => params
                    .values
                    .entry(name)
                    .or_default()
                    .push(Value::String(value)),
                _ => {
                    params
                        .problems
                        .push(Problem::new(shown, "not_utf8", "this is not UTF-8 text"))
                }
            }
        }
        params
    }

    /// From a JSON object; `null` is as good as absent.
    pub fn from_json(value: Value) -> Self {
        let mut params = RawParams::default();
        let Value::Object(fields) = value else {
            params.problems.push(Problem::new(
                "body",
                "wrong_type",
                "the body is a JSON object",
            ));
            return params;
        };
        for (name, value) in fields {
            match value {
                Value::Null => {}
                Value::Array(values) => {
                    params.values.insert(name, values);
                }
                single => {
                    params.values.insert(name, vec![single]);
                }
            }
        }
        params
    }

    /// Reads a whole search.
    ///
    /// # Errors
    /// Every problem: unknown names, wrong types, unknown values, numbers out of range.
    pub fn into_query(self, vocabularies: &Vocabularies) -> Result<Query, Vec<Problem>> {
        let mut reader = Reader::new(self, vocabularies);
        let query = reader.query();
        reader.finish().map(|()| query)
    }
}

/// Takes parameters one by one; what is left at the end is not known.
pub struct Reader<'a> {
    params: RawParams,
    vocabularies: &'a Vocabularies,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub fn new(mut params: RawParams, vocabularies: &'a Vocabularies) -> Self {
        let problems = std::mem::take(&mut params.problems);
        Reader {
            params,
            vocabularies,
            problems,
        }
    }

    /// Reads what makes a search, leaving other parameters.
    pub fn query(&mut self) -> Query {
        let defaults = Query::default();
        let profile = self.profile();
        Query {
            text: self.text("q").unwrap_or_default(),
            language: self.language(),
            filters: self.filters(),
            profile,
            personal: self.flag("personal").unwrap_or(true),
            understand: self.flag("understand").unwrap_or(true),
            literal: self.texts("literal"),
            facets: self.facets().unwrap_or(defaults.facets),
            sort: self
                .choice("sort", "relevance, newest, title or price", Sort::from_name)
                .unwrap_or_default(),
            page: Page {
                limit: self
                    .integer("limit", Page::MAX_LIMIT)
                    .unwrap_or(Page::DEFAULT_LIMIT),
                offset: self.integer("offset", Page::MAX_OFFSET).unwrap_or(0),
            },
            explain: self.flag("explain").unwrap_or(false),
        }
    }

    /// The language of the answer.
    pub fn language(&mut self) -> Language {
        self.choice("lang", "fr or en", Language::from_tag)
            .unwrap_or_default()
    }

    /// Says what was wrong, names that nobody asked for included.
    pub fn finish(mut self) -> Result<(), Vec<Problem>> {
        for name in self.params.values.keys() {
            let shown: String = name.chars().take(60).collect();
            self.problems.push(Problem::new(
                shown.clone(),
                "unknown_parameter",
                format!("{shown:?} is not a parameter here"),
            ));
        }
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(self.problems)
        }
    }

    /// Notes that a parameter is wrong.
    pub fn problem(&mut self, field: &str, code: &'static str, detail: impl Into<String>) {
        self.problems.push(Problem::new(field, code, detail));
    }

    fn list(&mut self, name: &str) -> Vec<Value> {
        let values = self.params.values.remove(name).unwrap_or_default();
        if values.len() > MOST_VALUES {
            self.problem(
                name,
                "too_many_values",
                format!("at most {MOST_VALUES} values, not {}", values.len()),
            );
            return Vec::new();
        }
        values
    }

    fn single(&mut self, name: &str) -> Option<Value> {
        let mut values = self.list(name);
        if values.len() > 1 {
            self.problem(name, "repeated", "this takes one value");
            return None;
        }
        values.pop()
    }

    /// A text, at most [`LONGEST_TEXT_CHARS`] long.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.single(name)? {
            Value::String(text) => self.short_enough(name, text),
            _ => {
                self.problem(name, "wrong_type", "this is a text");
                None
            }
        }
    }

    /// Texts, each at most [`LONGEST_TEXT_CHARS`] long.
    pub fn texts(&mut self, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for value in self.list(name) {
            match value {
                Value::String(text) => texts.extend(self.short_enough(name, text)),
                _ => self.problem(name, "wrong_type", "these are texts"),
            }
        }
        texts
    }

    fn short_enough(&mut self, name: &str, text: String) -> Option<String> {
        if text.chars().count() > LONGEST_TEXT_CHARS {
            self.problem(
                name,
                "too_long",
                format!("at most {LONGEST_TEXT_CHARS} characters"),
            );
            return None;
        }
        Some(text)
    }

    /// A yes or no.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.single(name)? {
            Value::Bool(flag) => Some(flag),
            Value::String(text) if self.params.textual && (text == "true" || text == "false") => {
                Some(text == "true")
            }
            _ => {
                self.problem(name, "wrong_type", "this is true or false");
                None
            }
        }
    }

    /// A whole number between 0 and `max`.
    pub fn integer(&mut self, name: &str, max: usize) -> Option<usize> {
        let value = self.single(name)?;
        let number = match &value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) if self.params.textual => text.parse().ok(),
            _ => None,
        };
        match number {
            Some(number) if (0..=max as i64).contains(&number) => Some(number as usize),
            Some(_) => {
                self.problem(name, "out_of_range", format!("this is between 0 and {max}"));
                None
            }
            None => {
                self.problem(
                    name,
                    "wrong_type",
                    format!("this is a whole number between 0 and {max}"),
                );
                None
            }
        }
    }

    /// An amount of Canadian dollars, as cents.
    fn cents(&mut self, name: &str) -> Option<u64> {
        let value = self.single(name)?;
        let amount = match &value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) if self.params.textual => text.parse().ok(),
            _ => None,
        };
        match amount {
            Some(amount) if (0.0..=1e9).contains(&amount) => Some((amount * 100.0).round() as u64),
            Some(_) => {
                self.problem(
                    name,
                    "out_of_range",
                    "this is an amount between 0 and 1,000,000,000 dollars",
                );
                None
            }
            None => {
                self.problem(
                    name,
                    "wrong_type",
                    "this is an amount in Canadian dollars, such as 4.99",
                );
                None
            }
        }
    }

    fn choice<T>(
        &mut self,
        name: &str,
        choices: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.single(name)?;
        let chosen = value.as_str().and_then(read);
        if chosen.is_none() {
            let code = if value.is_string() {
                "unknown_value"
            } else {
                "wrong_type"
            };
            self.problem(name, code, format!("this is {choices}"));
        }
        chosen
    }

    pub(super) fn filters(&mut self) -> Filters {
        let mut filters = Filters::default();
        filters.max_cost_cents = self.cents("max_price");
        for facet in Facet::ALL {
            let vocabulary = self.vocabularies.get(facet.name());
            for id in self.terms(facet.name(), facet.name()) {
                if let Some(value) = vocabulary.ordinal(&id) {
                    filters.add(facet, value);
                }
            }
        }
        filters
    }

    /// Ids of a vocabulary; others are problems.
    fn terms(&mut self, name: &str, vocabulary: &str) -> Vec<TermId> {
        let mut ids = Vec::new();
        for value in self.list(name) {
            match value {
                Value::String(id) if self.vocabularies.get(vocabulary).ordinal(&id).is_some() => {
                    ids.push(id)
                }
                Value::String(id) => {
                    let shown: String = id.chars().take(60).collect();
                    let detail = format!(
                        "{shown:?} is not a value of {vocabulary}; see /api/v1/vocabularies/{vocabulary}"
                    );
                    self.problem(name, "unknown_value", detail);
                }
                _ => self.problem(
                    name,
                    "wrong_type",
                    "these are ids of a vocabulary, as texts",
                ),
            }
        }
        ids
    }

    /// Facets to count: repeated, or separated by commas.
    fn facets(&mut self) -> Option<Vec<Facet>> {
        if !self.params.values.contains_key("facets") {
            return None;
        }
        let mut facets = Vec::new();
        for text in self.texts("facets") {
            for name in text
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
            {
                match Facet::from_name(name) {
                    Some(facet) if facets.contains(&facet) => {}
                    Some(facet) => facets.push(facet),
                    None => {
                        let shown: String = name.chars().take(60).collect();
                        let known: Vec<_> = Facet::ALL.into_iter().map(Facet::name).collect();
                        self.problem(
                            "facets",
                            "unknown_value",
                            format!("{shown:?} is not a facet; there are {}", known.join(", ")),
                        );
                    }
                }
            }
        }
        Some(facets)
    }

    /// The asker's situation: the object `profile` of JSON, or the parameters `my_...` of a query string.
    pub fn profile(&mut self) -> Option<Profile> {
        let profile = match self.params.values.contains_key("profile") && !self.params.textual {
            true => self.profile_object()?,
            false => self.profile_fields(|name| (format!("my_{name}"), None)),
        };
        (!profile.is_empty()).then_some(profile)
    }

    fn profile_object(&mut self) -> Option<Profile> {
        self.nested(
            "profile",
            "such as {\"levels\": [\"/primary\"]}",
            |nested| {
                // As in a record, lists may be named in the plural.
                nested.profile_fields(|name| match name {
                    "role" | "os" | "budget" => (name.to_owned(), None),
                    plural => (plural.to_owned(), Some(format!("{plural}s"))),
                })
            },
        )
    }

    /// An object within the body, read by itself; its problems name their field inside it.
    pub(super) fn nested<T>(
        &mut self,
        name: &str,
        example: &str,
        read: impl FnOnce(&mut Reader) -> T,
    ) -> Option<T> {
        let value = self.single(name)?;
        if !value.is_object() {
            self.problem(name, "wrong_type", format!("this is an object, {example}"));
            return None;
        }
        let mut nested = Reader::new(RawParams::from_json(value), self.vocabularies);
        let inner = read(&mut nested);
        if let Err(problems) = nested.finish() {
            self.problems.extend(problems.into_iter().map(|p| Problem {
                field: format!("{name}.{}", p.field),
                ..p
            }));
        }
        Some(inner)
    }

    /// A list of names, each of which must mean something.
    pub(super) fn names<T>(&mut self, name: &str, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let mut meant = Vec::new();
        for text in self.texts(name) {
            match read(&text) {
                Some(known) => meant.push(known),
                None => {
                    let shown: String = text.chars().take(60).collect();
                    self.problem(
                        name,
                        "unknown_value",
                        format!("{shown:?} is not known here"),
                    );
                }
            }
        }
        meant
    }

    fn profile_fields(&mut self, names: impl Fn(&str) -> (String, Option<String>)) -> Profile {
        let mut terms = |name: &str| {
            let (name_in_params, other_name) = names(name);
            let mut ids = self.terms(&name_in_params, name);
            ids.extend(
                other_name
                    .map(|other| self.terms(&other, name))
                    .unwrap_or_default(),
            );
            ids
        };
        let mut roles = terms("role");
        let profile = Profile {
            role: roles.pop(),
            subjects: terms("subject"),
            levels: terms("level"),
            student_types: terms("student_type"),
            devices: terms("device"),
            os: terms("os"),
            platforms: terms("platform"),
            languages: terms("language"),
            budget_cents: None,
        };
        let role_name = names("role").0;
        if !roles.is_empty() {
            self.problem(&role_name, "repeated", "one person asks in one role");
        }
        Profile {
            budget_cents: self.cents(&names("budget").0),
            ..profile
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_schema::IndexSchema;
    use serde_json::json;

    fn from_json(value: Value) -> Result<Query, Vec<(String, &'static str)>> {
        let problems =
            |problems: Vec<Problem>| problems.into_iter().map(|p| (p.field, p.code)).collect();
        RawParams::from_json(value)
            .into_query(&IndexSchema::embedded().vocabularies)
            .map_err(problems)
    }

    fn from_string(query: &str) -> Result<Query, Vec<(String, &'static str)>> {
        let problems =
            |problems: Vec<Problem>| problems.into_iter().map(|p| (p.field, p.code)).collect();
        RawParams::from_query_string(query)
            .into_query(&IndexSchema::embedded().vocabularies)
            .map_err(problems)
    }

    #[test]
    fn a_query_string_and_a_body_that_say_the_same_are_the_same_question() {
        let body = json!({"q": "jeu de fractions", "lang": "fr", "level": ["/primary"], "device": "ipad", "has": ["guide"],
            "max_price": 4.99, "profile": {"role": "teacher", "levels": ["/primary/cycle-2"], "budget": 10},
            "facets": ["level", "type"], "sort": "price", "limit": 5, "offset": 10, "explain": true, "personal": null});
        let string = "q=jeu+de%20fractions&lang=fr&level=/primary&device=ipad&has=guide&max_price=4.99&my_role=teacher\
            &my_level=/primary/cycle-2&my_budget=10&facets=level,type&sort=price&limit=5&offset=10&explain=true";
        assert_eq!(
            from_json(body).expect("valid"),
            from_string(string).expect("valid")
        );
    }

    #[test]
    fn every_problem_is_named_with_its_field() {
        let problems = from_json(
            json!({"q": 3, "lang": "de", "level": ["/nowhere", 4], "limit": -1, "offset": "5",
            "max_price": "x", "explain": "true", "facets": ["colour"], "colour": "red", "profile": {"level": ["?"], "x": 1}}),
        );
        let mut fields: Vec<_> = problems
            .expect_err("refused")
            .into_iter()
            .map(|(field, _)| field)
            .collect();
        fields.sort();
        assert_eq!(
            fields,
            [
                "colour",
                "explain",
                "facets",
                "lang",
                "level",
                "level",
                "limit",
                "max_price",
                "offset",
                "profile.level",
                "profile.x",
                "q"
            ]
        );
        assert_eq!(from_string("q=%ff"), Err(vec![("q".into(), "not_utf8")]));
        assert_eq!(
            from_string("limit=5&limit=6"),
            Err(vec![("limit".into(), "repeated")])
        );
        assert_eq!(
            from_string(&format!("q={}", "x".repeat(1_001))),
            Err(vec![("q".into(), "too_long")])
        );
        assert_eq!(
            from_string(&"os=web&".repeat(101)),
            Err(vec![("os".into(), "too_many_values")])
        );
        assert_eq!(
            from_json(json!([])),
            Err(vec![("body".into(), "wrong_type")])
        );
    }

    #[test]
    fn no_text_that_a_person_types_is_an_error() {
        for text in [
            "",
            "   ",
            "\"",
            "-",
            "+-&&||!(){}[]^~*?:\\/",
            "AND OR NOT",
            "l'",
            "\u{0}",
            "😀",
            "a:b c:\"d",
        ] {
            assert!(from_json(json!({"q": text})).is_ok(), "{text:?}");
        }
    }
}
