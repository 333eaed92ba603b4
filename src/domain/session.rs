//! Who is signed in: a session, and the secrets that open one.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::account::PersonId;

/// A signed-in browser or program. It is kept under the hash of its secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Whether a second factor was shown besides the password.
    pub second_factor: bool,
}

/// A random secret that belongs to a person: what a cookie, a bearer token or a link in a mail carries. Classo keeps its
/// hash alone, so a stolen store opens nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    pub person: PersonId,
    random: [u8; 32],
}

impl Secret {
    pub fn new(person: PersonId, random: [u8; 32]) -> Self {
        Secret { person, random }
    }

    /// What the holder is given: a prefix that says what it is for, then person and secret.
    pub fn encode(&self, prefix: &str) -> String {
        let bytes = [self.person.as_bytes().as_slice(), &self.random].concat();
        format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads what a holder presents; nothing when it was not made by [`Secret::encode`] with this prefix.
    pub fn decode(text: &str, prefix: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(prefix)?).ok()?;
        let (person, random) = bytes.split_first_chunk::<16>()?;
        Some(Secret {
            person: PersonId::from_bytes(*person),
            random: random.try_into().ok()?,
        })
    }

    /// What is kept of it. The secret has 256 random bits: nothing slower than SHA-256 is needed.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.random).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// What a session's token begins with, so that people and secret scanners recognise one.
pub const SESSION_PREFIX: &str = "classo_se_";

/// What a link's token begins with.
pub const CHALLENGE_PREFIX: &str = "classo_ch_";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_back_and_its_hash_does_not_tell_it() {
        let secret = Secret::new(PersonId::from_random([7; 16]), [9; 32]);
        let text = secret.encode(SESSION_PREFIX);
        assert_eq!(Secret::decode(&text, SESSION_PREFIX), Some(secret.clone()));
        assert_ne!(secret.hash(), [9; 32]);
        for wrong in [
            "",
            "classo_se_",
            "classo_se_AAAA",
            &text[1..],
            &text[..text.len() - 1],
            &format!("{text}A"),
        ] {
            assert_eq!(Secret::decode(wrong, SESSION_PREFIX), None, "{wrong}");
        }
        assert_eq!(Secret::decode(&text, CHALLENGE_PREFIX), None);
        assert_eq!(format!("{secret:?}"), "Secret(hidden)");
    }
}
