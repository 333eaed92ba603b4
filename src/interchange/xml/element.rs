//! An element of XML and what is in it.

use serde_json::{Map, Value, json};

/// An element without its namespace: what it says itself, and the elements in it.
#[derive(Debug, Clone, Default)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// The elements at a path of names below this one.
    pub fn all<'a>(&'a self, path: &str) -> Vec<&'a Element> {
        path.split('/').fold(vec![self], |level, name| {
            let below = level.into_iter().flat_map(|element| &element.children);
            below.filter(|child| child.name == name).collect()
        })
    }

    /// The text of the first element at a path that has one.
    pub fn text_at(&self, path: &str) -> Option<String> {
        self.texts_at(path).into_iter().next()
    }

    /// The texts of the elements at a path that have one.
    pub fn texts_at(&self, path: &str) -> Vec<String> {
        let texts = self
            .all(path)
            .into_iter()
            .map(|element| element.text.trim().to_owned());
        texts.filter(|text| !text.is_empty()).collect()
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What an element says as JSON, but for the elements that are left out by their path.
    pub fn as_json(&self, path: &str, is_left_out: &dyn Fn(&str) -> bool) -> Option<Value> {
        let mut members = Map::new();
        for child in &self.children {
            let place = if path.is_empty() {
                child.name.clone()
            } else {
                format!("{path}/{}", child.name)
            };
            if is_left_out(&place) {
                continue;
            }
            let Some(value) = child.as_json(&place, is_left_out) else {
                continue;
            };
            match members.get_mut(&child.name) {
                None => {
                    members.insert(child.name.clone(), value);
                }
                Some(Value::Array(several)) => several.push(value),
                Some(one) => *one = json!([one.take(), value]),
            }
        }
        let text = self.text.trim();
        match (members.is_empty(), text.is_empty()) {
            (true, true) => None,
            (true, false) => Some(text.into()),
            (false, _) => Some(Value::Object(members)),
        }
    }
}
