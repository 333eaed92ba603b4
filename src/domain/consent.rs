//! Who agreed to what, when, under which wording; and the closed list of reasons to use what is about a person.
//!
//! A [`ConsentHistory`] is never rewritten: each decision is an event more, bound to the notice that was shown. What holds
//! now is read off its last event ([`ConsentHistory::state`]).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::language::Language;

/// Why something about a person is used: the vocabulary `purpose`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    AnswerContact,
    Appointment,
    Account,
    RankingProfile,
    Newsletter,
    NewsletterPersonalised,
    PublishSuggestion,
    BlogComment,
    Opinion,
    PublisherSubmission,
    AudienceMeasurement,
    Advertising,
    PartnerData,
    EngineImprovement,
    LegalObligation,
}

impl Purpose {
    pub const ALL: [Purpose; 15] = [
        Purpose::AnswerContact,
        Purpose::Appointment,
        Purpose::Account,
        Purpose::RankingProfile,
        Purpose::Newsletter,
        Purpose::NewsletterPersonalised,
        Purpose::PublishSuggestion,
        Purpose::BlogComment,
        Purpose::Opinion,
        Purpose::PublisherSubmission,
        Purpose::AudienceMeasurement,
        Purpose::Advertising,
        Purpose::PartnerData,
        Purpose::EngineImprovement,
        Purpose::LegalObligation,
    ];

    /// Its id in the vocabulary.
    pub fn id(self) -> &'static str {
        match self {
            Purpose::AnswerContact => "answer-contact",
            Purpose::Appointment => "appointment",
            Purpose::Account => "account",
            Purpose::RankingProfile => "ranking-profile",
            Purpose::Newsletter => "newsletter",
            Purpose::NewsletterPersonalised => "newsletter-personalised",
            Purpose::PublishSuggestion => "publish-suggestion",
            Purpose::BlogComment => "blog-comment",
            Purpose::Opinion => "opinion",
            Purpose::PublisherSubmission => "publisher-submission",
            Purpose::AudienceMeasurement => "audience-measurement",
            Purpose::Advertising => "advertising",
            Purpose::PartnerData => "partner-data",
            Purpose::EngineImprovement => "engine-improvement",
            Purpose::LegalObligation => "legal-obligation",
        }
    }

    pub fn parse(id: &str) -> Option<Self> {
        Purpose::ALL.into_iter().find(|purpose| purpose.id() == id)
    }
}

/// What a person says to a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    Grant,
    Refuse,
    Withdraw,
}

impl Decision {
    pub fn parse(id: &str) -> Option<Self> {
        match id {
            "grant" => Some(Decision::Grant),
            "refuse" => Some(Decision::Refuse),
            "withdraw" => Some(Decision::Withdraw),
            _ => None,
        }
    }
}

/// By what a decision came to Classo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentMethod {
    /// A signed-in browser, with its cookie.
    Browser,
    /// A program, with the person's token.
    Program,
    /// The browser's Global Privacy Control said it for the person.
    PrivacySignal,
}

/// One decision of a person, and the notice it answers: proof, never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConsentEvent {
    pub at: Timestamp,
    pub purpose: Purpose,
    pub decision: Decision,
    pub notice_version: String,
    pub language: Language,
    /// The notice as it was shown, word for word.
    pub text: String,
    pub method: ConsentMethod,
    /// Until when a grant holds.
    pub expires_at: Option<Timestamp>,
}

/// How things stand with one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentState {
    /// Nobody was asked, or nobody answered.
    Unknown,
    Given,
    Refused,
    Withdrawn,
    /// It was given, for a time that is over.
    Expired,
    /// It was given to a notice that has changed since: what is asked now is another thing.
    Invalidated,
}

impl ConsentState {
    /// Whether the person should be asked (again).
    pub fn is_open(self) -> bool {
        matches!(
            self,
            ConsentState::Unknown | ConsentState::Expired | ConsentState::Invalidated
        )
    }
}

/// Every decision of one person, oldest first, with the id under which each is kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConsentHistory(Vec<(String, ConsentEvent)>);

impl ConsentHistory {
    pub fn new(mut events: Vec<(String, ConsentEvent)>) -> Self {
        events.sort_by(|(a_id, a), (b_id, b)| (a.at, a_id).cmp(&(b.at, b_id)));
        ConsentHistory(events)
    }

    pub fn events(&self) -> &[(String, ConsentEvent)] {
        &self.0
    }

    /// The last word on a purpose.
    pub fn latest(&self, purpose: Purpose) -> Option<&(String, ConsentEvent)> {
        self.0
            .iter()
            .rev()
            .find(|(_, event)| event.purpose == purpose)
    }

    /// What holds at a moment for the notice that is in use then.
    pub fn state(&self, purpose: Purpose, notice_version: &str, now: Timestamp) -> ConsentState {
        let Some((_, event)) = self.latest(purpose) else {
            return ConsentState::Unknown;
        };
        match event.decision {
            Decision::Refuse => ConsentState::Refused,
            Decision::Withdraw => ConsentState::Withdrawn,
            Decision::Grant if event.expires_at.is_some_and(|end| end <= now) => {
                ConsentState::Expired
            }
            Decision::Grant if event.notice_version != notice_version => ConsentState::Invalidated,
            Decision::Grant => ConsentState::Given,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_purposes_are_those_of_the_vocabulary() {
        let vocabulary = include_str!("../../index-schema/vocabularies/purpose.toml");
        let ids: Vec<&str> = vocabulary
            .lines()
            .filter_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'))
            .collect();
        assert_eq!(ids, Purpose::ALL.map(Purpose::id));
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::parse(purpose.id()), Some(purpose));
            let json = serde_json::to_string(&purpose).unwrap();
            assert_eq!(json, format!("{:?}", purpose.id()));
        }
    }

    fn event(at: i64, decision: Decision, version: &str) -> (String, ConsentEvent) {
        let at = Timestamp::from_second(at).unwrap();
        let event = ConsentEvent {
            at,
            purpose: Purpose::RankingProfile,
            decision,
            notice_version: version.to_owned(),
            language: Language::Fr,
            text: "…".to_owned(),
            method: ConsentMethod::Browser,
            expires_at: Some(at + jiff::SignedDuration::from_secs(100)),
        };
        (at.to_string(), event)
    }

    #[test]
    fn the_last_word_holds_until_it_ends_or_the_notice_changes() {
        let state = |events: &[_], version: &str, now: i64| {
            ConsentHistory::new(events.to_vec()).state(
                Purpose::RankingProfile,
                version,
                Timestamp::from_second(now).unwrap(),
            )
        };
        let (given, withdrawn) = (
            event(10, Decision::Grant, "1"),
            event(20, Decision::Withdraw, "1"),
        );
        assert_eq!(state(&[], "1", 15), ConsentState::Unknown);
        assert_eq!(
            state(std::slice::from_ref(&given), "1", 15),
            ConsentState::Given
        );
        assert_eq!(
            state(std::slice::from_ref(&given), "1", 110),
            ConsentState::Expired
        );
        assert_eq!(
            state(std::slice::from_ref(&given), "2", 15),
            ConsentState::Invalidated
        );
        assert_eq!(
            state(&[withdrawn.clone(), given.clone()], "1", 25),
            ConsentState::Withdrawn
        );
        assert_eq!(
            state(
                &[given, withdrawn, event(30, Decision::Refuse, "1")],
                "2",
                35
            ),
            ConsentState::Refused
        );
    }
}
