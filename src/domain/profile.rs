//! What a teacher told us about the class, and the part of it that one purpose may see.

use serde::{Deserialize, Serialize};

use super::consent::Purpose;
use super::permit::Permitted;
use super::resource::TermId;

/// The declared situation of the person who asks: values of the vocabularies, and a budget.
///
/// Student types are the needs of a group, never of a named pupil.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    pub role: Option<TermId>,
    pub subjects: Vec<TermId>,
    pub levels: Vec<TermId>,
    pub student_types: Vec<TermId>,
    pub devices: Vec<TermId>,
    pub os: Vec<TermId>,
    pub platforms: Vec<TermId>,
    pub languages: Vec<TermId>,
    /// In Canadian cents, for what one resource may cost in its own period.
    pub budget_cents: Option<u64>,
}

impl Profile {
    pub fn is_empty(&self) -> bool {
        *self == Profile::default()
    }
}

/// A profile as it is kept for a person. It can be shown to that person and replaced; ranking cannot be given one, but for
/// what [`ProfileView::permitted`] takes of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoredProfile(Profile);

impl StoredProfile {
    /// Keeps what a person declared.
    pub fn keep(profile: Profile) -> Self {
        StoredProfile(profile)
    }
}

/// What ranking may see of a person: the only way a profile reaches it.
///
/// A stored profile becomes a view with a permit, and without one the program does not build:
///
/// ```compile_fail
/// use classo::domain::profile::{ProfileView, StoredProfile};
/// let stored = StoredProfile::default();
/// ProfileView::permitted(stored);
/// ```
///
/// Nor does a stored profile pass for one that came with the question:
///
/// ```compile_fail
/// use classo::domain::profile::{ProfileView, StoredProfile};
/// let stored = StoredProfile::default();
/// ProfileView::of_the_question(stored);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProfileView(Profile);

impl ProfileView {
    /// Nothing is known, or nothing may be used: the neutral ranking.
    pub fn anonymous() -> Self {
        ProfileView::default()
    }

    /// What the asker put into this very question: used for it and forgotten, so it needs no consent.
    pub fn of_the_question(profile: Profile) -> Self {
        ProfileView(profile)
    }

    /// What is kept of a person, with the leave to rank by it. Leave for another purpose shows nothing.
    ///
    /// ```
    /// use classo::domain::account::PersonId;
    /// use classo::domain::consent::{ConsentHistory, Purpose};
    /// use classo::domain::permit::{Basis, Grounds, Standing};
    /// use classo::domain::profile::{Profile, ProfileView, StoredProfile};
    ///
    /// let (history, standing) = (ConsentHistory::default(), Standing::default());
    /// let grounds = Grounds { purpose: Purpose::Account, basis: Basis::Contract, notice_version: "",
    ///     history: &history, standing: &standing };
    /// let leave = grounds.permit(PersonId::NOBODY, jiff::Timestamp::now()).unwrap();
    /// let stored = StoredProfile::keep(Profile { budget_cents: Some(500), ..Profile::default() });
    /// assert!(ProfileView::permitted(leave.over(stored)).is_anonymous());
    /// ```
    pub fn permitted(stored: Permitted<StoredProfile>) -> Self {
        match stored.permit().purpose() {
            Purpose::RankingProfile => ProfileView(stored.into_inner().0),
            _ => ProfileView::anonymous(),
        }
    }

    pub fn get(&self) -> &Profile {
        &self.0
    }

    pub fn is_anonymous(&self) -> bool {
        self.0.is_empty()
    }
}
