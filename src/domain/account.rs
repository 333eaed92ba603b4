//! Who exists: an account, how its holder is reached, and what its holder may do here.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use super::language::Language;
use super::problem::Problem;
use super::totp::{RecoveryCodes, SECRET_BYTES, Step};

/// A person, by a random number that says nothing about anybody: what records, keys and logs name a person by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(Uuid);

impl PersonId {
    /// Nobody: the place of the service's own keys.
    pub const NOBODY: PersonId = PersonId(Uuid::nil());

    pub fn from_random(bytes: [u8; 16]) -> Self {
        PersonId(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        PersonId(Uuid::from_bytes(bytes))
    }

    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

impl fmt::Debug for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonId({self})")
    }
}

/// An address that mail can be sent to, as it was typed. It does not show when it is printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

/// The longest address that mail servers take.
const EMAIL_BYTES: usize = 254;

impl EmailAddress {
    /// Checks the shape: something, `@`, a domain of at least two parts, no spaces. Whether mail arrives, only mail tells.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        let problem = || {
            let detail = "an e-mail address looks like name@example.org";
            Problem::new("email", "not_an_email", detail)
        };
        let address = typed.trim();
        let (name, domain) = address.rsplit_once('@').ok_or_else(problem)?;
        let is_plain =
            |c: char| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"@".contains(c);
        let is_label = |label: &str| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let is_sound = address.len() <= EMAIL_BYTES
            && (1..=64).contains(&name.len())
            && name.chars().all(is_plain)
            && name.split('.').all(|part| !part.is_empty())
            && domain.contains('.')
            && domain.split('.').all(is_label);
        is_sound
            .then(|| EmailAddress(address.to_owned()))
            .ok_or_else(problem)
    }

    /// As it was typed, to send mail to.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two spellings of one address have in common: look-ups go by it, letters go to what was typed. Capitals, the two
    /// ways to write an accent, and the two names of a domain with accents are one.
    pub fn folded(&self) -> String {
        let (name, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let name: String = name.nfc().flat_map(char::to_lowercase).collect();
        let domain = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase());
        format!("{name}@{domain}")
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(hidden)")
    }
}

/// What the holder of an account may do for the service, besides looking for resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceRole {
    /// Submits resources.
    Publisher,
    /// Runs the server: imports, reindexes, backups.
    Operator,
    /// Answers for personal information (P-39.1, s. 3.1).
    PrivacyOfficer,
}

impl ServiceRole {
    pub const ALL: [ServiceRole; 3] = [
        ServiceRole::Publisher,
        ServiceRole::Operator,
        ServiceRole::PrivacyOfficer,
    ];

    pub fn id(self) -> &'static str {
        match self {
            ServiceRole::Publisher => "publisher",
            ServiceRole::Operator => "operator",
            ServiceRole::PrivacyOfficer => "privacy-officer",
        }
    }

    pub fn parse(id: &str) -> Option<Self> {
        ServiceRole::ALL.into_iter().find(|role| role.id() == id)
    }

    /// Whether a password alone is not enough to act in this role.
    pub fn needs_second_factor(self) -> bool {
        !matches!(self, ServiceRole::Publisher)
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub email: EmailAddress,
    /// The language in which Classo writes to the person.
    pub language: Language,
    /// The person declared to be sixteen or older: younger people are not served with accounts.
    pub declared_of_age: bool,
    pub created_at: Timestamp,
    /// When the person showed that mail to this address arrives; nobody signs in before.
    pub confirmed_at: Option<Timestamp>,
    #[serde(default)]
    pub service_roles: Vec<ServiceRole>,
}

/// What shows that somebody is the holder of an account. Never leaves the vault but to be compared.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Credentials {
    /// Argon2id, as a PHC string.
    pub password_hash: String,
    pub changed_at: Timestamp,
    /// The secret of the authenticator app, once a first code from it was right.
    #[serde(default)]
    pub totp_secret: Option<[u8; SECRET_BYTES]>,
    /// A secret that was shown and not confirmed yet.
    #[serde(default)]
    pub totp_pending: Option<[u8; SECRET_BYTES]>,
    /// The last time step whose code was used: a code opens once.
    #[serde(default)]
    pub totp_last_step: Option<Step>,
    /// What is kept of the recovery codes that are left.
    #[serde(default)]
    pub recovery_codes: RecoveryCodes,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(hidden)")
    }
}

/// Something that a link in a mail completes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Challenge {
    pub aim: ChallengeAim,
    pub expires_at: Timestamp,
    /// The address that a change of address goes to.
    #[serde(default)]
    pub new_email: Option<EmailAddress>,
}

/// What is completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChallengeAim {
    ConfirmAccount,
    ResetPassword,
    ChangeEmail,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_for_their_shape_and_do_not_show() {
        for good in [
            "a@b.ca",
            " Marie.Tremblay+x@csdm.qc.ca ",
            "o'neil@école.org",
        ] {
            let address = EmailAddress::parse(good).unwrap();
            assert_eq!(address.as_str(), good.trim());
            assert!(!format!("{address:?}").contains('@'));
        }
        for bad in [
            "",
            "a",
            "@b.ca",
            "a@b",
            "a b@c.ca",
            "a@b..ca",
            "a@@b.ca",
            "a@b.ca\nBcc: x@y.ca",
            "<a@b.ca>",
            ".a@b.ca",
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
        }
        let folded = |text: &str| EmailAddress::parse(text).unwrap().folded();
        assert_eq!(folded("Marie@École.org"), folded("marie@xn--cole-9oa.ORG"));
        assert_eq!(folded("Ren\u{e9}@b.ca"), folded("rene\u{301}@B.ca"));
        assert_ne!(folded("marie+x@b.ca"), folded("marie@b.ca"));
        assert_ne!(
            folded("m\u{430}rie@b.ca"),
            folded("marie@b.ca"),
            "another letter"
        );
        let long = format!("{}@b.ca", "a".repeat(65));
        assert!(EmailAddress::parse(&long).is_err());
    }
}
