//! `classo remove`: resources out of the catalogue.

use anyhow::{anyhow, bail};
use clap::Args;

use super::WrongUse;
use super::output::{say, tell};
use super::{open, remote::Remote};
use crate::config::{DataSettings, ServerSettings};
use crate::domain::actor::Actor;
use crate::domain::resource::ResourceId;

#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// Ids of resources
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    #[command(flatten)]
    data: DataSettings,
    #[command(flatten)]
    server: ServerSettings,
}

pub fn run(args: &RemoveArgs) -> anyhow::Result<()> {
    let ids = args.ids.iter().map(|id| {
        ResourceId::parse(id).map_err(|reason| anyhow!(WrongUse(format!("{id:?}: {reason}"))))
    });
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    let removed: Vec<anyhow::Result<()>> = match &args.server.server {
        Some(url) => {
            let remote = Remote::new(url, args.server.token.as_ref())?;
            ids.iter().map(|id| remote.remove(id).map(drop)).collect()
        }
        None => {
            let app = open::app(&args.data)?;
            let removed = ids
                .iter()
                .map(|id| Ok(app.catalogue.remove(&Actor::Console, id).map(drop)?))
                .collect();
            open::close_once_findable(app)?;
            removed
        }
    };
    let mut failed = 0;
    for (id, outcome) in ids.iter().zip(removed) {
        match outcome {
            Ok(()) => say(format!("removed {id}")),
            Err(error) => {
                tell(format!("classo: {id}: {error:#}"));
                failed += 1;
            }
        }
    }
    if failed > 0 {
        bail!("{failed} of {} could not be removed", ids.len());
    }
    Ok(())
}
