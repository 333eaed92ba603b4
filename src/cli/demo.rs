//! `classo demo`: a fresh data folder with the bundled catalogue, served.

use anyhow::bail;

use super::output::tell;
use super::{open, serve};
use crate::app::App;
use crate::demo::CATALOGUE;
use crate::domain::actor::Actor;
use crate::interchange::records::Records;
use crate::interchange::report::{ImportReport, Reject};
use crate::services::catalogue::{ImportListener, ImportSource};

pub fn run(args: &serve::ServeArgs) -> anyhow::Result<()> {
    let to_serve = open::to_serve(&args.data, args.listen.listen)?;
    let app = &to_serve.app;
    if app.store.sequence() == 0 {
        fill(app, args)?;
    } else {
        tell(format!(
            "{} is in use already and is served as it is; --data names a fresh folder",
            args.data.folder.display()
        ));
    }
    open::wait_for_index(app)?;
    serve::serve(to_serve)
}

fn fill(app: &App, args: &serve::ServeArgs) -> anyhow::Result<()> {
    let source = ImportSource {
        name: "the bundled catalogue",
        dry_run: false,
    };
    let report = app.catalogue.import(
        &Actor::Console,
        Records::native(CATALOGUE.as_bytes()),
        &source,
        &mut Strict,
    )?;
    if report.rejected > 0 {
        bail!(
            "the bundled catalogue has {} records that are refused",
            report.rejected
        );
    }
    tell(format!(
        "{} real resources are in {}",
        report.records(),
        args.data.folder.display()
    ));
    Ok(())
}

/// Our own records are all good; one that is not is told where it stands.
struct Strict;

impl ImportListener for Strict {
    fn rejected(&mut self, reject: Reject) -> std::io::Result<()> {
        tell(format!(
            "{} line {}: {}",
            reject.file, reject.line, reject.reason
        ));
        Ok(())
    }

    fn progress(&mut self, _: &ImportReport, _: u64) {}
}
