//! The words of HTML, and the data in pages.

pub mod page;

/// Tags after which a new line begins.
const BLOCKS: [&str; 14] = [
    "p",
    "br",
    "div",
    "li",
    "ul",
    "ol",
    "tr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
];

/// The text of a piece of HTML: without tags, with the letters that entities stand for, lines where blocks end.
///
/// ```
/// use classo::interchange::html::words;
/// assert_eq!(words("<p>Faire &amp; <b>dire</b>&nbsp;!</p><p>3 < 4</p>"), "Faire & dire !\n3 < 4");
/// ```
pub fn words(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let (read, length) = if from.starts_with('<') {
            tag(from)
        } else {
            entity(from)
        };
        match read {
            Some(read) => text.push_str(&read),
            None => text.push_str(&from[..length]),
        }
        rest = &from[length..];
    }
    text.push_str(rest);
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// What a tag leaves in the text, and its length; nothing when it is no tag.
fn tag(from: &str) -> (Option<String>, usize) {
    let name = from[1..].trim_start_matches('/');
    let is_tag = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!');
    match from.find('>') {
        Some(end) if is_tag => {
            let name = name
                .split(|c: char| !c.is_ascii_alphanumeric())
                .next()
                .unwrap_or_default();
            let is_block = BLOCKS.contains(&name.to_ascii_lowercase().as_str());
            (Some(if is_block { "\n" } else { "" }.into()), end + 1)
        }
        _ => (None, 1),
    }
}

/// The longest name of an entity has 31 letters.
const LONGEST_ENTITY: usize = 33;

fn entity(from: &str) -> (Option<String>, usize) {
    let end = from
        .bytes()
        .take(LONGEST_ENTITY)
        .position(|byte| byte == b';');
    let read = end.and_then(|end| {
        let name = &from[1..end];
        let letter = match name.strip_prefix('#') {
            Some(number) => {
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                    None => number.parse(),
                };
                char::from_u32(code.ok()?)?.to_string()
            }
            None => quick_xml::escape::resolve_html5_entity(name)?.to_owned(),
        };
        Some((letter, end + 1))
    });
    match read {
        Some((letter, length)) => (Some(letter), length),
        None => (None, 1),
    }
}
