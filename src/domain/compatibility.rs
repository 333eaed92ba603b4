//! What a resource runs on: the one place where devices and systems are brought together.
//!
//! Who asks for iPads wants what works on them, whether the record says "iPad", "iPadOS" or "any browser".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::resource::TermId;

/// Which systems a device has, and which a declared device implies; data of `index-schema/mappings/compatibility.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compatibility {
    /// Every system that some unit of the device has; `web` when it has a browser.
    systems: BTreeMap<TermId, Vec<TermId>>,
    /// The system that every unit of the device has.
    implies: BTreeMap<TermId, Vec<TermId>>,
}

/// Devices and systems on which a resource works, sorted by id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunsOn {
    pub devices: Vec<TermId>,
    pub os: Vec<TermId>,
}

/// The system that stands for any browser.
const WEB: &str = "web";

impl Compatibility {
    pub fn parse(file: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(file)
    }

    /// Whether the system of each of these devices goes without saying.
    pub fn tells_system(&self, devices: &[TermId]) -> bool {
        devices
            .iter()
            .all(|device| self.implies.contains_key(device))
    }

    /// Systems: the declared ones, those that declared devices imply, and with `web` every system with a browser on
    /// these devices (every system at all when no device is declared). Devices: the declared ones, else every device
    /// that has one of these systems. Nothing declared: nothing known.
    pub fn runs_on(&self, devices: &[TermId], os: &[TermId]) -> RunsOn {
        let mut systems: Vec<&str> = os.iter().map(String::as_str).collect();
        for device in devices {
            systems.extend(
                self.implies
                    .get(device)
                    .into_iter()
                    .flatten()
                    .map(String::as_str),
            );
        }
        let mut runs_on_devices: Vec<&str> = devices.iter().map(String::as_str).collect();
        if devices.is_empty() {
            let has_one =
                |has: &[TermId]| has.iter().any(|system| systems.contains(&system.as_str()));
            runs_on_devices.extend(
                self.systems
                    .iter()
                    .filter(|(_, has)| has_one(has))
                    .map(|(device, _)| device.as_str()),
            );
        }
        if systems.contains(&WEB) {
            let with_browser = self.systems.iter().filter(|(device, has)| {
                has.iter().any(|system| system == WEB)
                    && (devices.is_empty() || devices.contains(device))
            });
            systems.extend(with_browser.flat_map(|(_, has)| has).map(String::as_str));
        }
        RunsOn {
            devices: sorted(runs_on_devices),
            os: sorted(systems),
        }
    }
}

fn sorted(mut ids: Vec<&str>) -> Vec<TermId> {
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_schema::IndexSchema;

    fn runs_on(devices: &[&str], os: &[&str]) -> (Vec<TermId>, Vec<TermId>) {
        let ids = |list: &[&str]| list.iter().map(|id| id.to_string()).collect::<Vec<_>>();
        let runs_on = IndexSchema::embedded()
            .compatibility
            .runs_on(&ids(devices), &ids(os));
        (runs_on.devices, runs_on.os)
    }

    #[test]
    fn a_web_resource_runs_on_every_system_and_every_device_with_a_browser() {
        let (devices, os) = runs_on(&[], &["web"]);
        assert_eq!(
            os,
            [
                "android", "chromeos", "ios", "ipados", "linux", "macos", "web", "windows"
            ]
        );
        assert!(
            devices.contains(&"ipad".to_string()) && !devices.contains(&"projector".to_string())
        );
    }

    #[test]
    fn web_on_a_declared_device_means_the_systems_of_that_device() {
        assert_eq!(
            runs_on(&["ipad"], &["web"]),
            (
                vec!["ipad".into()],
                vec!["ios".into(), "ipados".into(), "web".into()]
            )
        );
    }

    #[test]
    fn a_declared_ipad_implies_ipados_and_an_ios_app_runs_on_ipads() {
        assert_eq!(runs_on(&["ipad"], &[]).1, ["ipados"]);
        assert_eq!(runs_on(&[], &["ios"]).0, ["ipad", "smartphone"]);
    }

    #[test]
    fn nothing_declared_is_nothing_known() {
        assert_eq!(runs_on(&[], &[]), (vec![], vec![]));
    }
}
