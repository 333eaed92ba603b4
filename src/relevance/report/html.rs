//! Names within the page.

use crate::domain::markup::escape;

/// A name as the target of a link within the page.
pub fn anchor(name: &str) -> String {
    let plain = name.split_whitespace().collect::<Vec<_>>().join("-");
    escape(&plain)
}
