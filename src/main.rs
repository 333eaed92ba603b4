//! Reads the command line and calls one function in `cli`.

use std::process::ExitCode;

use clap::Parser;
use classo::cli::{self, Cli};

fn main() -> ExitCode {
    // The first TLS connection needs to know which of the providers in the tree is meant.
    let _ = rustls::crypto::ring::default_provider().install_default();
    cli::output::start_log();
    match cli::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("classo: {}", cli::output::one_line(&error));
            if error.is::<cli::WrongUse>() {
                ExitCode::from(2)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}
