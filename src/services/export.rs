//! The catalogue for others: every resource, in a format they read.

use std::io::Write;

use super::{ServiceError, must_operate};
use crate::domain::actor::Actor;
use crate::interchange::export::{Export, ExportFormat};
use crate::store::Store;

/// Writes every resource in the order of their ids, then which ids lead to others; tells how many it has written, and
/// returns that. What changes meanwhile is in it as it was or as it is.
///
/// # Errors
/// When a record cannot be read, or the output takes no more.
pub fn write<W: Write>(
    actor: &Actor,
    store: &Store,
    format: ExportFormat,
    into: W,
    mut told: impl FnMut(u64),
) -> Result<(u64, W), ServiceError> {
    must_operate(actor)?;
    let mut export = Export::new(format, into);
    let mut count = 0;
    for resource in store.resources() {
        export.write(&resource?)?;
        count += 1;
        told(count);
    }
    for redirect in store.redirects() {
        let (old, to) = redirect?;
        export.write_redirect(&old, &to)?;
    }
    Ok((count, export.finish()?))
}
