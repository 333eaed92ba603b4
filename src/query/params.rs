//! Raw parameters become a [`Query`], or every problem in them.
//!
//! The same names serve the query string, the JSON body, the command line and the queries of an evaluation. In a query
//! string every value is text and a repeated name is a list; in JSON a value has its type and a list is an array.

mod decision;
mod profile;
mod reader;
mod search;

use std::collections::BTreeMap;

use serde_json::Value;

use super::search_query::Query;
use crate::domain::problem::Problem;
use crate::domain::vocabulary::Vocabularies;

pub use reader::Reader;

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
