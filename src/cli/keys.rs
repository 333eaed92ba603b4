//! `classo keys`: the keyring of accounts, which no backup holds.

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Subcommand};

use super::open;
use super::output::say;
use crate::config::DataSettings;
use crate::store::keyring::{Keyring, copy_keyring};
use crate::store::{Store, StoreError};

#[derive(Debug, Args)]
pub struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Bring a copy of the keyring up to date: one place, never the backups', without older copies, which would open what was
    /// deleted. Works while a server runs; `copy` of the settings does it at every change
    Copy {
        /// The folder of the copy
        #[arg(value_name = "DIR")]
        to: PathBuf,
        #[command(flatten)]
        data: DataSettings,
    },
    /// Wrap every key by another master key; no server may hold the folder meanwhile. Interrupted, run it again
    Rotate {
        /// A file with the new master key, 64 hexadecimal digits, which the settings have to name from then on [default: a new
        /// one in the data folder]
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
        #[command(flatten)]
        data: DataSettings,
    },
}

pub fn run(args: &KeysArgs) -> anyhow::Result<()> {
    match &args.command {
        KeysCommand::Copy { to, data } => {
            open::must_exist(data)?;
            let buckets = copy_keyring(&data.folder.join("keys"), to)?;
            say(format!(
                "{buckets} files of keys are in {}; the master key that opens them is not",
                to.display()
            ));
        }
        KeysCommand::Rotate { to, data } => {
            open::must_exist(data)?;
            let settings = open::settings(data)?.keys;
            // Whoever has the store open has the keyring open, too.
            let store = match Store::open(&data.folder.join("store")) {
                Err(StoreError::Locked { .. }) => bail!(
                    "the data folder {} is in use by a running classo; stop it first",
                    data.folder.display()
                ),
                store => store?,
            };
            let keys = data.folder.join("keys");
            let id = match to {
                Some(file) => Keyring::rotate_to(&keys, &settings, file)?,
                None => Keyring::rotate(&keys, &settings)?,
            };
            drop(store);
            say(format!("every key is wrapped by the master key {id}"));
            if let Some(file) = to {
                say(format!(
                    "set `master_file = {:?}` under [keys] of the settings before the next start",
                    file.display().to_string()
                ));
            }
        }
    }
    Ok(())
}
