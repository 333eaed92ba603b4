//! The leave to use what is about a person, for one purpose.
//!
//! A [`Permit`] comes of one place, [`Grounds::permit`], which looks at what a purpose rests on: a consent in force, or
//! another basis, and neither an objection nor a restriction. What asks for a [`Permitted`] value cannot be given one
//! without it: such code does not build.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::account::PersonId;
use super::consent::{ConsentHistory, ConsentState, Purpose};

/// What the law lets a purpose rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The person agreed, and may withdraw.
    Consent,
    /// What the person asked Classo for cannot be done without.
    Contract,
    /// The person asked a question.
    Request,
    /// A law demands it.
    LegalObligation,
    /// Nothing about anybody is used.
    NotPersonal,
}

/// What a person has set against uses that need no consent, and what stands still while a request is examined.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// Purposes the person objects to.
    pub objections: Vec<Purpose>,
    /// Whether everything is only kept, and used for nothing.
    pub restricted: bool,
}

/// Why there is no leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no consent in force")]
    NoConsent(ConsentState),
    #[error("the person objects to this use")]
    Objection,
    #[error("the use of the person's information is restricted")]
    Restriction,
}

/// Everything a permit is decided by.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'a> {
    pub purpose: Purpose,
    pub basis: Basis,
    /// The version of the notice in use, where the basis is consent.
    pub notice_version: &'a str,
    pub history: &'a ConsentHistory,
    pub standing: &'a Standing,
}

impl Grounds<'_> {
    /// The permit, where the grounds carry it.
    ///
    /// # Errors
    /// The first thing that stands in the way.
    pub fn permit(&self, person: PersonId, now: Timestamp) -> Result<Permit, Refusal> {
        let purpose = self.purpose;
        if self.standing.objections.contains(&purpose) {
            return Err(Refusal::Objection);
        }
        // What the account itself and the law need goes on: without it nobody could sign in to lift a restriction.
        let is_needed = matches!(purpose, Purpose::Account | Purpose::LegalObligation);
        if self.standing.restricted && !is_needed {
            return Err(Refusal::Restriction);
        }
        let consent = match self.basis {
            Basis::Consent => match self.history.state(purpose, self.notice_version, now) {
                ConsentState::Given => self.history.latest(purpose).map(|(id, _)| id.clone()),
                state => return Err(Refusal::NoConsent(state)),
            },
            _ => None,
        };
        Ok(Permit {
            person,
            purpose,
            consent,
        })
    }
}

/// The leave to use what is about one person for one purpose. Only [`Grounds::permit`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    person: PersonId,
    purpose: Purpose,
    consent: Option<String>,
}

impl Permit {
    pub fn person(&self) -> PersonId {
        self.person
    }

    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The event that gave it, where it rests on consent.
    pub fn consent(&self) -> Option<&str> {
        self.consent.as_deref()
    }

    /// Binds it to what it opens.
    pub fn over<T>(self, value: T) -> Permitted<T> {
        Permitted {
            value,
            permit: self,
        }
    }
}

/// Something about a person, with the leave to use it.
#[derive(Debug, Clone)]
pub struct Permitted<T> {
    value: T,
    permit: Permit,
}

impl<T> Permitted<T> {
    pub fn get(&self) -> &T {
        &self.value
    }

    pub fn into_inner(self) -> T {
        self.value
    }

    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Permitted<U> {
        Permitted {
            value: change(self.value),
            permit: self.permit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::consent::{ConsentEvent, ConsentMethod, Decision};
    use crate::domain::language::Language;

    fn history(decision: Decision) -> ConsentHistory {
        let event = ConsentEvent {
            at: Timestamp::UNIX_EPOCH,
            purpose: Purpose::RankingProfile,
            decision,
            notice_version: "1".into(),
            language: Language::En,
            text: "…".into(),
            method: ConsentMethod::Program,
            expires_at: None,
        };
        ConsentHistory::new(vec![("e1".into(), event)])
    }

    fn permit(
        basis: Basis,
        purpose: Purpose,
        history: &ConsentHistory,
        standing: &Standing,
    ) -> Result<Permit, Refusal> {
        let grounds = Grounds {
            purpose,
            basis,
            notice_version: "1",
            history,
            standing,
        };
        grounds.permit(PersonId::NOBODY, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn consent_objection_and_restriction_decide() {
        let (free, none) = (Standing::default(), ConsentHistory::default());
        let ranking = Purpose::RankingProfile;
        let given = permit(Basis::Consent, ranking, &history(Decision::Grant), &free).unwrap();
        assert_eq!(given.consent(), Some("e1"));
        for (history, state) in [
            (&none, ConsentState::Unknown),
            (&history(Decision::Withdraw), ConsentState::Withdrawn),
        ] {
            assert_eq!(
                permit(Basis::Consent, ranking, history, &free),
                Err(Refusal::NoConsent(state))
            );
        }
        let objecting = Standing {
            objections: vec![Purpose::Newsletter],
            ..Standing::default()
        };
        assert_eq!(
            permit(Basis::Contract, Purpose::Newsletter, &none, &objecting),
            Err(Refusal::Objection)
        );
        assert!(permit(Basis::Contract, Purpose::Opinion, &none, &objecting).is_ok());
        let restricted = Standing {
            restricted: true,
            ..Standing::default()
        };
        assert_eq!(
            permit(
                Basis::Consent,
                ranking,
                &history(Decision::Grant),
                &restricted
            ),
            Err(Refusal::Restriction)
        );
        assert!(permit(Basis::Contract, Purpose::Account, &none, &restricted).is_ok());
    }
}
