//! Where Classo runs: the choices that a command line or the environment makes, read once.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// The data folder, for every command that opens one.
#[derive(Debug, Clone, Args)]
pub struct DataSettings {
    /// The data folder; made when it is not there
    #[arg(
        long = "data",
        env = "CLASSO_DATA",
        default_value = "./classo-data",
        value_name = "DIR"
    )]
    pub folder: PathBuf,
}

/// A running server, for commands that can go through one.
#[derive(Debug, Clone, Args)]
pub struct ServerSettings {
    /// Go through a running server, such as http://127.0.0.1:8080, instead of opening the data folder
    #[arg(long, env = "CLASSO_SERVER", value_name = "URL")]
    pub server: Option<String>,
    /// An operator's token, made with `classo operator token`
    #[arg(
        long,
        env = "CLASSO_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub token: Option<Token>,
}

/// A secret that does not show when settings are printed.
#[derive(Clone)]
pub struct Token(pub String);

impl std::str::FromStr for Token {
    type Err = std::convert::Infallible;

    fn from_str(token: &str) -> Result<Self, Self::Err> {
        Ok(Token(token.to_owned()))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// Where to listen.
#[derive(Debug, Clone, Args)]
pub struct ListenSettings {
    /// The address to listen on; port 0 takes a free one
    #[arg(
        long,
        env = "CLASSO_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS"
    )]
    pub listen: SocketAddr,
}
