//! The four groups that licences fall into, for the facet `licence`.

use serde::Deserialize;

/// SPDX ids and common texts by group; data of `index-schema/mappings/licence.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceGroups {
    open: Vec<String>,
    #[serde(rename = "open-restricted")]
    open_restricted: Vec<String>,
    closed: Vec<String>,
}

impl LicenceGroups {
    /// The id of the group in the vocabulary `licence`; what is missing or not recognised is `unknown`.
    pub fn group(&self, licence: Option<&str>) -> &'static str {
        let Some(licence) = licence else {
            return "unknown";
        };
        let licence = licence.trim().to_lowercase();
        let names = |list: &[String]| list.iter().any(|name| name.to_lowercase() == licence);
        if names(&self.open) {
            "open"
        } else if names(&self.open_restricted) {
            "open-restricted"
        } else if names(&self.closed) {
            "closed"
        } else {
            "unknown"
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::index_schema::IndexSchema;

    #[test]
    fn creative_commons_and_software_licences_fall_into_their_group() {
        let groups = &IndexSchema::embedded().licences;
        for (licence, group) in [
            ("CC-BY-SA-4.0", "open"),
            ("cc0-1.0", "open"),
            ("GPL-3.0-or-later", "open"),
            ("CC-BY-NC-ND-4.0", "open-restricted"),
            ("All rights reserved", "closed"),
            ("a licence nobody knows", "unknown"),
        ] {
            assert_eq!(groups.group(Some(licence)), group, "{licence}");
        }
        assert_eq!(groups.group(None), "unknown");
    }
}
