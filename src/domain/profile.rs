//! What a teacher told us about the class, and the part of it that one purpose may see.

use serde::{Deserialize, Serialize};

use super::resource::TermId;

/// The declared situation of the person who asks: values of the vocabularies, and a budget.
///
/// Student types are the needs of a group, never of a named pupil.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
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

/// What ranking may see of a person: the only way a profile reaches it.
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

    pub fn get(&self) -> &Profile {
        &self.0
    }

    pub fn is_anonymous(&self) -> bool {
        self.0.is_empty()
    }
}
