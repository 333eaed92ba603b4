//! Licences by their address.

/// The SPDX id of a licence's address; every other text stays as it is.
///
/// ```
/// use classo::interchange::licence::id;
/// assert_eq!(id("http://creativecommons.org/licenses/by-nc-sa/3.0/fr/"), "CC-BY-NC-SA-3.0");
/// assert_eq!(id("https://opensource.org/licenses/MIT"), "MIT");
/// assert_eq!(id("All rights reserved"), "All rights reserved");
/// ```
pub fn id(licence: &str) -> String {
    known(licence).unwrap_or_else(|| licence.trim().to_owned())
}

/// The id of an address that stands somewhere in a text.
pub fn find_in(text: &str) -> Option<String> {
    let mut words =
        text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '(' | ')'));
    words.find_map(known)
}

fn known(address: &str) -> Option<String> {
    let address = address.trim().to_lowercase();
    let address = address
        .strip_prefix("https://")
        .or_else(|| address.strip_prefix("http://"))?;
    let address = address.strip_prefix("www.").unwrap_or(address);
    let (host, path) = address.split_once('/')?;
    let path = path.trim_end_matches("/legalcode");
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match (host, parts.as_slice()) {
        ("creativecommons.org", ["licenses", kind, version, ..]) => {
            Some(format!("CC-{}-{version}", kind.to_uppercase()))
        }
        ("creativecommons.org", ["licenses", kind]) => Some(format!("CC-{}", kind.to_uppercase())),
        ("creativecommons.org", ["publicdomain", "zero", ..]) => Some("CC0-1.0".into()),
        ("creativecommons.org", ["publicdomain", "mark", ..]) => Some("CC-PDM-1.0".into()),
        ("gnu.org", ["licenses", name, ..]) => {
            let name = name.trim_end_matches(".html").trim_end_matches(".txt");
            Some(name.to_uppercase())
        }
        ("opensource.org", ["licenses" | "license", name, ..]) => Some(name.to_uppercase()),
        ("apache.org", ["licenses", "license-2.0", ..]) => Some("Apache-2.0".into()),
        ("spdx.org", ["licenses", name, ..]) => Some(name.to_uppercase()),
        _ => None,
    }
}
