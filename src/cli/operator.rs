//! `classo operator`: tokens for those who operate a server, and roles for those who have an account.

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jiff::SignedDuration;

use super::output::say;
use super::{WrongUse, open};
use crate::config::DataSettings;
use crate::domain::account::{EmailAddress, ServiceRole};
use crate::domain::actor::Actor;
use crate::domain::clock::{Clock, SystemClock};
use crate::store::tokens::OperatorTokens;

#[derive(Debug, Args)]
pub struct OperatorArgs {
    #[command(subcommand)]
    command: OperatorCommand,
}

#[derive(Debug, Subcommand)]
enum OperatorCommand {
    /// Make a token and print it; it is shown this once. Works while a server runs
    Token {
        /// What the token is for: shown in lists, used to revoke it
        #[arg(long, default_value = "operator")]
        label: String,
        /// Days until it expires
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
        #[command(flatten)]
        data: DataSettings,
    },
    /// List the tokens there are, without their secrets
    List {
        #[command(flatten)]
        data: DataSettings,
    },
    /// Take every token of a label out of use
    Revoke {
        label: String,
        #[command(flatten)]
        data: DataSettings,
    },
    /// Give the holder of a confirmed account a role of the service, or take it away; no server may hold the folder meanwhile
    Role {
        /// The e-mail address of the account
        email: String,
        /// publisher, operator or privacy-officer; the last two act once they have signed in with a second factor
        #[arg(value_parser = service_role)]
        role: ServiceRole,
        /// Take the role away
        #[arg(long)]
        withdraw: bool,
        #[command(flatten)]
        data: DataSettings,
    },
}

fn service_role(id: &str) -> Result<ServiceRole, String> {
    ServiceRole::parse(id).ok_or_else(|| {
        let known = ServiceRole::ALL.map(ServiceRole::id).join(", ");
        format!("the roles are {known}")
    })
}

pub fn run(args: &OperatorArgs) -> anyhow::Result<()> {
    match &args.command {
        OperatorCommand::Token { label, days, data } => {
            let lifetime = SignedDuration::from_hours(24 * i64::from(*days));
            let token =
                OperatorTokens::new(&data.folder).create(label, None, SystemClock.now(), lifetime);
            say(token
                .with_context(|| format!("no token can be kept in {}", data.folder.display()))?);
        }
        OperatorCommand::List { data } => {
            for token in OperatorTokens::new(&data.folder).list()? {
                say(format!(
                    "{}\tmade {}\texpires {}",
                    token.label, token.created_at, token.expires_at
                ));
            }
        }
        OperatorCommand::Revoke { label, data } => {
            let revoked = OperatorTokens::new(&data.folder).revoke(label)?;
            if revoked == 0 {
                bail!(
                    "there is no token with the label {label:?}; `classo operator list` shows them"
                );
            }
            say(format!("revoked {revoked}"));
        }
        OperatorCommand::Role {
            email,
            role,
            withdraw,
            data,
        } => {
            let email = EmailAddress::parse(email).map_err(|problem| WrongUse(problem.detail))?;
            let app = open::existing(data)?;
            let outcome = app
                .people
                .accounts
                .set_role(&Actor::Console, &email, *role, !withdraw);
            app.close()?;
            outcome?;
            let done = if *withdraw { "withdrawn" } else { "given" };
            say(format!("{} {done}", role.id()));
        }
    }
    Ok(())
}
