//! Numbers of foreign records that would lose digits: integers beyond 64 bits, and decimals finer than a `f64`.
//!
//! JSON sets no limit to a number, our values do. A number that would not come back as it was is read as a text of the
//! same digits: where a field wants a number it is then kept and reported like any other value that does not fit, and
//! everywhere else it goes through as it is.

use std::borrow::Cow;

/// A decimal with no more significant digits than these is the same after it was read and written.
const SAFE_DIGITS: usize = 15;

/// The text of a JSON value with every such number between quotes.
pub fn with_long_ones_as_texts(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let (mut quoted, mut copied, mut at) = (String::new(), 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_text(bytes, at + 1),
            b'-' | b'0'..=b'9' => {
                let end = end_of_number(bytes, at);
                let number = &json[at..end];
                if !comes_back(number) {
                    quoted.push_str(&json[copied..at]);
                    quoted.push('"');
                    quoted.push_str(number);
                    quoted.push('"');
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    quoted.push_str(&json[copied..]);
    Cow::Owned(quoted)
}

/// Past the quotation mark that ends a text.
fn end_of_text(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn end_of_number(bytes: &[u8], from: usize) -> usize {
    let is_inside = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    let length = bytes[from..].iter().take_while(|byte| is_inside(byte));
    from + length.count()
}

/// Whether a number is the same after it was read and written. What is no number is: the parser refuses it.
fn comes_back(number: &str) -> bool {
    if number.len() <= SAFE_DIGITS && !number.contains(['e', 'E']) {
        return true;
    }
    if number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return true;
    }
    let Ok(value) = number.parse::<f64>() else {
        return true;
    };
    let mantissa = number.split(['e', 'E']).next().unwrap_or(number);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let significant = digits.trim_matches('0').len();
    let is_written_so =
        || serde_json::Number::from_f64(value).is_some_and(|n| n.to_string() == number);
    value.is_finite() && (significant <= SAFE_DIGITS || is_written_so())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_would_lose_digits_become_texts_and_others_stay() {
        for (json, expected) in [
            (
                r#"{"n": 12345678901234567890123}"#,
                r#"{"n": "12345678901234567890123"}"#,
            ),
            (
                r#"[-9223372036854775809, 1]"#,
                r#"["-9223372036854775809", 1]"#,
            ),
            (r#"0.12345678901234567890"#, r#""0.12345678901234567890""#),
            (r#"1e999"#, r#""1e999""#),
            (
                r#"{"a\"": "12345678901234567890123"}"#,
                r#"{"a\"": "12345678901234567890123"}"#,
            ),
            (
                r#"[18446744073709551615, -9223372036854775808]"#,
                r#"[18446744073709551615, -9223372036854775808]"#,
            ),
            (
                r#"[0.30000000000000004, 4.99, 1.0e3, 100000000000000000.0]"#,
                r#"[0.30000000000000004, 4.99, 1.0e3, 100000000000000000.0]"#,
            ),
            (r#"[1, "#, r#"[1, "#),
            (r#""never ends \"#, r#""never ends \"#),
        ] {
            assert_eq!(with_long_ones_as_texts(json), expected);
        }
    }

    #[test]
    fn what_stays_a_number_is_the_same_when_it_comes_back() {
        for number in [
            "18446744073709551615",
            "0.30000000000000004",
            "4.99",
            "1e21",
        ] {
            assert_eq!(with_long_ones_as_texts(number), number);
            let read: f64 = number.parse().expect("a number");
            let written = serde_json::to_string(&read).expect("finite");
            assert_eq!(written.parse::<f64>(), Ok(read));
        }
    }
}
