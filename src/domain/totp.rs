//! The second factor: six digits that change every 30 seconds (RFC 6238 on RFC 4226), and the codes for who lost the device.
//!
//! SHA-1, six digits and 30 seconds are what every authenticator application understands; the strength lies in the 160 bits
//! of the secret. A code of the step before or after is accepted, for clocks that differ; a step that was used, or an earlier
//! one, is not accepted again. Who checks codes also limits how often that can be tried.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// How long a code lasts, in seconds.
const STEP_SECONDS: i64 = 30;

/// Codes have this many digits.
const DIGITS: usize = 6;

/// The length of a secret, in bytes: that of SHA-1's output, as RFC 4226 recommends.
pub const SECRET_BYTES: usize = 20;

/// What authenticator and server both know. Wiped when dropped, hidden when printed.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<[u8; SECRET_BYTES]>);

/// One period of 30 seconds since 1970; kept as the last one that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Step(pub i64);

impl TotpSecret {
    /// From random bytes, or from those that were kept.
    pub fn new(bytes: [u8; SECRET_BYTES]) -> Self {
        TotpSecret(Zeroizing::new(bytes))
    }

    /// The bytes, to be kept sealed.
    pub fn as_bytes(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }

    /// As people type it into an authenticator that cannot read the picture of the address.
    pub fn base32(&self) -> String {
        base32(self.0.as_slice())
    }

    /// The address that an authenticator reads: who asks for codes, and for whom.
    ///
    /// ```
    /// use classo::domain::totp::TotpSecret;
    ///
    /// let secret = TotpSecret::new(*b"12345678901234567890");
    /// assert_eq!(
    ///     secret.uri("Classo", "lucie@ecole.example"),
    ///     "otpauth://totp/Classo:lucie%40ecole.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Classo&algorithm=SHA1&digits=6&period=30"
    /// );
    /// ```
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        const KEPT: &AsciiSet = &NON_ALPHANUMERIC
            .remove(b'-')
            .remove(b'.')
            .remove(b'_')
            .remove(b'~');
        let issuer = utf8_percent_encode(issuer, KEPT).to_string();
        let account = utf8_percent_encode(account, KEPT);
        format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
            self.base32()
        )
    }

    /// The step whose code this is, when it may be used now: the current one, the one before or after, later than `last`.
    /// The caller keeps it as the new `last`, in the transaction that lets the person in.
    pub fn accepts(&self, typed: &str, now: Timestamp, last: Option<Step>) -> Option<Step> {
        let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        if typed.len() != DIGITS || !typed.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let current = now.as_second().div_euclid(STEP_SECONDS);
        // The three codes are always compared, so that the time tells nothing about which was near.
        let accepted = [current, current - 1, current + 1].map(|step| {
            let is_code = bool::from(self.code(Step(step)).as_bytes().ct_eq(typed.as_bytes()));
            (is_code && last.is_none_or(|last| Step(step) > last)).then_some(Step(step))
        });
        accepted.into_iter().flatten().next()
    }

    /// The code of a step.
    pub fn code(&self, step: Step) -> String {
        let number = truncated(self.0.as_slice(), step) % 10_u32.pow(DIGITS as u32);
        format!("{number:0DIGITS$}")
    }
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret(hidden)")
    }
}

/// RFC 4226, section 5.3: 31 bits of the HMAC, from where its last four bits say.
fn truncated(secret: &[u8], Step(step): Step) -> u32 {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let start = usize::from(digest[digest.len() - 1] & 0x0f);
    let bytes = [
        digest[start],
        digest[start + 1],
        digest[start + 2],
        digest[start + 3],
    ];
    u32::from_be_bytes(bytes) & 0x7fff_ffff
}

/// How many recovery codes a person gets.
pub const RECOVERY_CODES: usize = 10;

/// The random bytes of one of them: 80 bits, so that its plain SHA-256 cannot be searched.
pub const RECOVERY_BYTES: usize = 10;

/// Codes that open an account once each, without the device; only their hashes are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodes {
    unused: Vec<[u8; 32]>,
}

impl RecoveryCodes {
    /// From random bytes: the codes, to be shown once, and what is kept of them.
    pub fn new(random: &[[u8; RECOVERY_BYTES]; RECOVERY_CODES]) -> (Vec<String>, Self) {
        let shown: Vec<String> = random.iter().map(|bytes| grouped(&base32(bytes))).collect();
        let unused = shown.iter().map(|code| digest(code)).collect();
        (shown, RecoveryCodes { unused })
    }

    /// Uses a code up; whether it was one of those left.
    pub fn redeem(&mut self, typed: &str) -> bool {
        let typed = digest(typed);
        let before = self.unused.len();
        self.unused.retain(|code| *code != typed);
        self.unused.len() < before
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.unused.len()
    }
}

/// What is kept of a code: however its groups and its letters were typed.
fn digest(code: &str) -> [u8; 32] {
    let letters: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    Sha256::digest(letters.to_ascii_uppercase()).into()
}

/// In groups of four, in small letters.
fn grouped(code: &str) -> String {
    let groups = code.as_bytes().chunks(4);
    let groups: Vec<_> = groups.map(|group| String::from_utf8_lossy(group)).collect();
    groups.join("-").to_ascii_lowercase()
}

/// RFC 4648, without padding; our lengths are multiples of five bytes.
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let fives = bytes.chunks(5).flat_map(|chunk| {
        let number = chunk
            .iter()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        (0..8).rev().map(move |place| number >> (5 * place) & 31)
    });
    fives
        .map(|five| char::from(ALPHABET[five as usize]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> TotpSecret {
        TotpSecret::new(*b"12345678901234567890")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn the_vectors_of_the_rfcs() {
        // RFC 6238, appendix B: the last six of its eight digits.
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret().code(Step(second / 30)), code);
            assert_eq!(
                secret().accepts(code, at(second), None),
                Some(Step(second / 30))
            );
        }
        // RFC 4226, appendix D.
        let first = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922",
        ];
        for (step, code) in first.into_iter().enumerate() {
            assert_eq!(secret().code(Step(step as i64)), code);
        }
        assert_eq!(base32(b"fooba"), "MZXW6YTB");
    }

    #[test]
    fn one_step_to_either_side_is_accepted_and_none_twice() {
        let now = at(1_234_567_890);
        let current = 1_234_567_890 / 30;
        let accepts = |step: i64, last| secret().accepts(&secret().code(Step(step)), now, last);
        assert_eq!(accepts(current - 2, None), None);
        assert_eq!(accepts(current - 1, None), Some(Step(current - 1)));
        assert_eq!(accepts(current, None), Some(Step(current)));
        assert_eq!(accepts(current + 1, None), Some(Step(current + 1)));
        assert_eq!(accepts(current + 2, None), None);
        let used = Some(Step(current));
        assert_eq!(accepts(current, used), None, "a replay");
        assert_eq!(accepts(current - 1, used), None, "an older one");
        assert_eq!(accepts(current + 1, used), Some(Step(current + 1)));
    }

    #[test]
    fn only_six_digits_are_a_code() {
        let now = at(1_234_567_890);
        assert!(secret().accepts(" 005 924 ", now, None).is_some());
        for typed in ["", "5924", "0005924", "00592a", "００５９２４", "-05924"] {
            assert_eq!(secret().accepts(typed, now, None), None, "{typed}");
        }
        assert!(!format!("{:?}", secret()).contains("123"));
    }

    #[test]
    fn a_recovery_code_works_once_however_it_is_typed() {
        let random: [[u8; RECOVERY_BYTES]; RECOVERY_CODES] =
            std::array::from_fn(|row| std::array::from_fn(|column| (row * 31 + column * 7) as u8));
        let (shown, mut codes) = RecoveryCodes::new(&random);
        assert_eq!((shown.len(), codes.left()), (10, 10));
        assert_eq!(shown[0].len(), 19, "{}", shown[0]);
        let kept = serde_json::to_string(&codes).expect("JSON");
        assert!(shown.iter().all(|code| !kept.contains(code.as_str())));
        assert!(codes.redeem(&shown[3].replace('-', " ").to_uppercase()));
        assert!(!codes.redeem(&shown[3]), "once");
        assert!(!codes.redeem("aaaa-aaaa-aaaa-aaab"));
        assert!(!codes.redeem(""));
        assert_eq!(codes.left(), 9);
    }
}
