//! Text made harmless in HTML and SVG.

/// A text as it may stand in HTML and SVG, between tags or in a quoted attribute.
///
/// ```
/// use classo::domain::markup::escape;
/// assert_eq!(escape("<b> & \"l'été\""), "&lt;b&gt; &amp; &quot;l&#39;été&quot;");
/// ```
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    push_escaped(text, &mut escaped);
    escaped
}

/// Appends a text as [`escape`] makes it. Control characters, which no document may hold, become U+FFFD.
pub fn push_escaped(text: &str, out: &mut String) {
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let instead = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            b'\n' | b'\r' | b'\t' => continue,
            byte if byte.is_ascii_control() => "\u{fffd}",
            _ => continue,
        };
        out.push_str(&text[plain..at]);
        out.push_str(instead);
        plain = at + 1;
    }
    out.push_str(&text[plain..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_document_may_hold_is_replaced() {
        assert_eq!(
            escape("a\0b\u{1b}[1m\r\n\tc"),
            "a\u{fffd}b\u{fffd}[1m\r\n\tc"
        );
    }
}
