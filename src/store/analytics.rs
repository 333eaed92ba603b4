//! What was asked for, as counts of a day. Only counts that may be shown come here: see `services/analytics`.

use jiff::civil::Date;

use super::{Store, StoreError, read_error};
use crate::domain::usage::{Usage, UsageKind};

/// The version this program writes: a byte in front of the count.
const VERSION: u8 = 1;

impl Store {
    /// Writes counts down, each in the place of what was known of it, and returns when they are on disk.
    pub fn put_usage(&self, counts: &[Usage]) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for usage in counts {
            let value = [&[VERSION], usage.count.to_be_bytes().as_slice()].concat();
            batch.insert(key(usage), value);
        }
        let written = self.analytics.apply_batch(batch);
        written.map_err(|error| self.unwritten(error))?;
        self.committer.wait()
    }

    /// The counts from a day to another, both included.
    pub fn usage(&self, from: Date, to: Date) -> Result<Vec<Usage>, StoreError> {
        let to = to.tomorrow().unwrap_or(to);
        let entries = self
            .analytics
            .range(from.to_string().as_bytes()..to.to_string().as_bytes());
        entries
            .map(|entry| {
                let (key, value) = entry.map_err(read_error)?;
                decode(&key, &value).ok_or_else(|| StoreError::Damaged {
                    key: "analytics".into(),
                    reason: "a count is not readable".into(),
                })
            })
            .collect()
    }

    /// Forgets the counts of days before one.
    pub fn forget_usage_before(&self, day: Date) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for key in self.analytics.range(..day.to_string().as_bytes()).keys() {
            batch.remove(key.map_err(read_error)?);
        }
        let written = self.analytics.apply_batch(batch);
        written.map_err(|error| self.unwritten(error))
    }
}

/// Days sort as text; a kind is one byte.
fn key(usage: &Usage) -> Vec<u8> {
    let mut key = usage.day.to_string().into_bytes();
    key.push(usage.kind.number() as u8);
    key.extend(usage.name.as_bytes());
    key
}

fn decode(key: &[u8], value: &[u8]) -> Option<Usage> {
    let (day, rest) = key.split_at_checked("2026-01-01".len())?;
    let (kind, name) = rest.split_first()?;
    let [VERSION, count @ ..] = value else {
        return None;
    };
    Some(Usage {
        day: std::str::from_utf8(day).ok()?.parse().ok()?,
        kind: *UsageKind::ALL.get(usize::from(*kind))?,
        name: std::str::from_utf8(name).ok()?.to_owned(),
        count: u64::from_be_bytes(count.try_into().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_back_by_day_and_are_forgotten_by_day() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("opened");
        let usage = |day: &str, name: &str, count| Usage {
            day: day.parse().expect("a day"),
            kind: UsageKind::Question,
            name: name.into(),
            count,
        };
        let counts = [
            usage("2026-01-31", "volcan", 12),
            usage("2026-02-01", "volcan", 10),
            usage("2026-02-02", "été", 40),
        ];
        store.put_usage(&counts).expect("written");
        let of = |from: &str, to: &str| {
            let (from, to) = (from.parse().expect("a day"), to.parse().expect("a day"));
            store.usage(from, to).expect("read")
        };
        assert_eq!(of("2026-01-31", "2026-02-01"), counts[..2]);
        store
            .put_usage(&[usage("2026-02-02", "été", 41)])
            .expect("written");
        store
            .forget_usage_before("2026-02-01".parse().expect("a day"))
            .expect("forgotten");
        assert_eq!(
            of("2025-01-01", "2027-01-01"),
            [
                usage("2026-02-01", "volcan", 10),
                usage("2026-02-02", "été", 41)
            ]
        );
    }
}
