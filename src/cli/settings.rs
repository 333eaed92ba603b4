//! `classo settings`: what can be set, commented, ready to be made a file of one's own.

use super::output::say;
use crate::config::EXAMPLE;

pub fn run() -> anyhow::Result<()> {
    say(EXAMPLE.trim_end());
    Ok(())
}
