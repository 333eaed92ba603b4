//! The asker's situation.

use super::Reader;
use crate::domain::profile::Profile;

impl Reader<'_> {
    /// The asker's situation: the object `profile` of JSON, or the parameters `my_...` of a query string.
    pub fn profile(&mut self) -> Option<Profile> {
        let profile = match self.params.values.contains_key("profile") && !self.params.textual {
            true => self.profile_object()?,
            false => self.profile_fields(|name| (format!("my_{name}"), None)),
        };
        (!profile.is_empty()).then_some(profile)
    }

    fn profile_object(&mut self) -> Option<Profile> {
        self.nested(
            "profile",
            "such as {\"levels\": [\"/primary\"]}",
            |nested| {
                // As in a record, lists may be named in the plural.
                nested.profile_fields(|name| match name {
                    "role" | "os" | "budget" => (name.to_owned(), None),
                    plural => (plural.to_owned(), Some(format!("{plural}s"))),
                })
            },
        )
    }

    fn profile_fields(&mut self, names: impl Fn(&str) -> (String, Option<String>)) -> Profile {
        let mut terms = |name: &str| {
            let (name_in_params, other_name) = names(name);
            let mut ids = self.terms(&name_in_params, name);
            ids.extend(
                other_name
                    .map(|other| self.terms(&other, name))
                    .unwrap_or_default(),
            );
            ids
        };
        let mut roles = terms("role");
        let profile = Profile {
            role: roles.pop(),
            subjects: terms("subject"),
            levels: terms("level"),
            student_types: terms("student_type"),
            devices: terms("device"),
            os: terms("os"),
            platforms: terms("platform"),
            languages: terms("language"),
            budget_cents: None,
        };
        let role_name = names("role").0;
        if !roles.is_empty() {
            self.problem(&role_name, "repeated", "one person asks in one role");
        }
        Profile {
            budget_cents: self.cents(&names("budget").0),
            ..profile
        }
    }
}
