//! What a person agrees to: asked one purpose at a time, answered as easily either way, effective in the next request.
//!
//! Notices come from the register. An answer is bound to the version that was shown; a purpose is asked again when its own
//! notice changes or its time is over, never because another one did.

pub mod receipt;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::accounts::signed_in;
use super::{Rule, ServiceError};
use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::domain::consent::{
    ConsentEvent, ConsentHistory, ConsentMethod, ConsentState, Decision, Purpose,
};
use crate::domain::language::Language;
use crate::domain::permit::Basis;
use crate::domain::problem::Problem;
use crate::store::register::{Notice, PurposeEntry, Register};
use crate::store::vault::changes::Changes;
use crate::store::vault::{Vault, record_name};

/// Decisions about purposes.
pub struct Consents {
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
}

/// An answer to a notice.
#[derive(Debug, Clone)]
pub struct ConsentAnswer {
    pub purpose: Purpose,
    pub decision: Decision,
    pub notice_version: String,
    pub language: Language,
    pub method: ConsentMethod,
    /// Whether the browser sends Global Privacy Control.
    pub privacy_signal: bool,
}

/// How things stand with one purpose.
pub struct ConsentStanding<'a> {
    pub entry: &'a PurposeEntry,
    pub notice: &'a Notice,
    pub state: ConsentState,
    pub event: Option<(String, ConsentEvent)>,
    /// Global Privacy Control refuses it, whatever was said before.
    pub by_signal: bool,
}

impl Consents {
    pub fn new(vault: Arc<Vault>, clock: Arc<dyn Clock>) -> Self {
        Consents { vault, clock }
    }

    pub fn register(&self) -> &Register {
        self.vault.register()
    }

    /// Every decision of the person who asks.
    pub fn history(&self, actor: &Actor) -> Result<ConsentHistory, ServiceError> {
        let person = signed_in(actor)?.id;
        Ok(self.vault.consents(actor, person)?)
    }

    /// How things stand with everything that is asked; for a browser without an account, with what is asked of it.
    pub fn standing(
        &self,
        history: &ConsentHistory,
        on_device: bool,
        privacy_signal: bool,
    ) -> Vec<ConsentStanding<'_>> {
        let now = self.clock.now();
        let asked = self.register().purposes().iter();
        let asked =
            asked.filter(|entry| entry.basis == Basis::Consent && (entry.on_device || !on_device));
        let standing = asked.filter_map(|entry| {
            let notice = entry.notice.as_ref()?;
            let by_signal = privacy_signal && entry.sold_or_shared;
            let state = match by_signal {
                true => ConsentState::Refused,
                false => history.state(entry.id, &notice.version, now),
            };
            Some(ConsentStanding {
                entry,
                notice,
                state,
                event: history.latest(entry.id).cloned(),
                by_signal,
            })
        });
        standing.collect()
    }

    /// Writes an answer of the person who asks into the history; returns its id.
    ///
    /// # Errors
    /// [`Rule::NoticeOutdated`] when another notice was shown than the one in use, [`Rule::PrivacySignal`] for a grant that
    /// the browser's own signal speaks against.
    pub fn answer(
        &self,
        actor: &Actor,
        answer: &ConsentAnswer,
    ) -> Result<(String, ConsentEvent), ServiceError> {
        let person = signed_in(actor)?.id;
        let held = self.vault.hold(person);
        let mut event = self.event(answer)?;
        // A clock that was set back does not bring an earlier word to the end again.
        let history = self.history(actor)?;
        if let Some((_, last)) = history.latest(event.purpose) {
            event.at = event.at.max(last.at + SignedDuration::from_nanos(1));
        }
        let id = record_name();
        held.apply(Changes::default().append(id.as_bytes(), &event))?;
        Ok((id, event))
    }

    /// What an answer comes to, checked against the register.
    pub fn event(&self, answer: &ConsentAnswer) -> Result<ConsentEvent, ServiceError> {
        let entry = self.register().purpose(answer.purpose);
        let (Basis::Consent, Some(notice)) = (entry.basis, &entry.notice) else {
            let detail = format!("{} does not rest on consent", answer.purpose.id());
            return Err(ServiceError::Invalid(vec![Problem::new(
                "purpose",
                "not_asked",
                detail,
            )]));
        };
        // A withdrawal ends what was agreed to under any notice.
        if answer.decision != Decision::Withdraw && answer.notice_version != notice.version {
            let why = format!(
                "The notice in use is {}; show it, and send its version.",
                notice.version
            );
            return Err(ServiceError::ruled(Rule::NoticeOutdated, why));
        }
        let is_grant = answer.decision == Decision::Grant;
        if is_grant && answer.privacy_signal && entry.sold_or_shared {
            let why = "Your browser's Global Privacy Control says no to this; it is honoured.";
            return Err(ServiceError::ruled(Rule::PrivacySignal, why));
        }
        let (at, language) = (self.clock.now(), answer.language);
        let text = match (answer.decision, &entry.withdrawal) {
            (Decision::Withdraw, Some(withdrawal)) => withdrawal.get(language),
            _ => notice.text(language),
        };
        Ok(ConsentEvent {
            at,
            purpose: answer.purpose,
            decision: answer.decision,
            notice_version: answer.notice_version.clone(),
            language,
            text: text.to_owned(),
            method: answer.method,
            expires_at: is_grant.then(|| ends(at, entry)),
        })
    }

    /// One decision of the person who asks.
    pub fn find(&self, actor: &Actor, id: &str) -> Result<ConsentEvent, ServiceError> {
        let history = self.history(actor)?;
        let found = history.events().iter().find(|(known, _)| known == id);
        found
            .map(|(_, event)| event.clone())
            .ok_or_else(|| ServiceError::NotFound("consent of yours with this id".into()))
    }
}

fn ends(at: Timestamp, entry: &PurposeEntry) -> Timestamp {
    crate::store::vault::erasure::months_after(at, entry.valid_months.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::domain::actor::SignedIn;
    use crate::domain::clock::Moment;

    #[test]
    fn a_withdrawal_holds_though_the_clock_was_set_back() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Moment::at(1_000_000));
        let vault = Vault::of_folder(folder.path(), Arc::clone(&clock) as Arc<dyn Clock>);
        let person = Actor::Person(SignedIn {
            id: vault.create().unwrap().person(),
            roles: vec![],
            second_factor: false,
        });
        let consents = Consents::new(Arc::new(vault), Arc::clone(&clock) as Arc<dyn Clock>);
        let state_after = |decision| {
            let purpose = Purpose::RankingProfile;
            let notice = consents.register().purpose(purpose).notice.as_ref();
            let answer = ConsentAnswer {
                purpose,
                decision,
                notice_version: notice.unwrap().version.clone(),
                language: Language::Fr,
                method: ConsentMethod::Browser,
                privacy_signal: false,
            };
            consents.answer(&person, &answer).unwrap();
            let history = consents.history(&person).unwrap();
            let standing = consents.standing(&history, false, false);
            let found = standing.into_iter().find(|one| one.entry.id == purpose);
            found.unwrap().state
        };
        assert_eq!(state_after(Decision::Grant), ConsentState::Given);
        clock.0.fetch_sub(3_600, Ordering::SeqCst);
        assert_eq!(state_after(Decision::Withdraw), ConsentState::Withdrawn);
        assert_eq!(state_after(Decision::Grant), ConsentState::Given);
    }
}
