//! Reads the command line and calls one function in `cli`.

use std::process::ExitCode;

use clap::Parser;
use classo::cli::{self, Cli};

/// Indexing allocates on many threads at once; with the system's allocator the memory of each stays with it, and an import
/// of 100,000 records came to 600 MB instead of 390 (and one of 250,000 to 950 instead of 470).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The first TLS connection needs to know which of the providers in the tree is meant.
    let _ = rustls::crypto::ring::default_provider().install_default();
    cli::output::start_log();
    match cli::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            cli::output::tell(format!("classo: {}", cli::output::one_line(&error)));
            if error.is::<cli::WrongUse>() {
                ExitCode::from(2)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}
