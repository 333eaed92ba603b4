//! Bytes as letters, for files that are not in UTF-8.

use serde::Deserialize;

/// How letters are written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    #[default]
    Utf8,
    /// Latin-1 as it is used: with the quotation marks and the œ of Windows.
    #[serde(rename = "windows-1252", alias = "latin-1", alias = "iso-8859-1")]
    Windows1252,
}

impl Encoding {
    /// The text of bytes, or where they are none, counted from 1.
    pub fn decode(self, bytes: Vec<u8>) -> Result<String, usize> {
        match self {
            Encoding::Utf8 => {
                String::from_utf8(bytes).map_err(|error| error.utf8_error().valid_up_to() + 1)
            }
            Encoding::Windows1252 => Ok(bytes.into_iter().map(windows_1252).collect()),
        }
    }
}

/// A byte of Windows-1252 as a letter; the five unassigned ones become the replacement character.
pub fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž',
        '\u{fffd}', '\u{fffd}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ',
        '\u{fffd}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        other => char::from(other),
    }
}
