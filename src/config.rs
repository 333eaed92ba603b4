//! Where Classo runs and how: command line, environment and one file, read once.
//!
//! Each room says what can be set in it, with its defaults (`Settings`); here they are put together. The file is TOML, named
//! by `--config` or `CLASSO_CONFIG`, or `classo.toml` in the data folder; a variable such as `CLASSO_MAIL_HOST` goes before
//! `host` of its `[mail]`. Whatever is unknown, missing or impossible is named at once, before anything starts. Secrets are
//! not written here: settings name files that hold them. `classo settings` shows all of them, commented.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::services::accounts::hashing;
use crate::store::keyring::KeySettings;
use crate::{app, http, mail};

/// The commented example of a file, in which every key has its default.
pub const EXAMPLE: &str = include_str!("../classo.example.toml");

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
    /// A file of settings, as `classo settings` shows them [default: classo.toml in the data folder, when it is there]
    #[arg(long, env = "CLASSO_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

impl DataSettings {
    /// What file and environment say.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn settings(&self) -> Result<Settings, SettingsError> {
        let text = match &self.config {
            Some(path) => read(path, true)?,
            None => read(&self.folder.join("classo.toml"), false)?,
        };
        // A variable that is no text cannot be one of ours.
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Settings::parse(text.as_deref().unwrap_or_default(), variables)
    }
}

fn read(path: &Path, is_named: bool) -> Result<Option<String>, SettingsError> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    let is_absent = |error: &std::io::Error| matches!(error.kind(), NotFound | NotADirectory);
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if is_absent(&error) && !is_named => Ok(None),
        Err(error) => Err(SettingsError(vec![format!("{}: {error}", path.display())])),
    }
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
    /// The address to listen on; port 0 takes a free one [default: `listen` of the settings, else 127.0.0.1:8080]
    #[arg(long, env = "CLASSO_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
}

/// The settings of all rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where to listen, unless the command line says it.
    pub listen: SocketAddr,
    pub http: http::Settings,
    pub passwords: hashing::Settings,
    pub keys: KeySettings,
    pub mail: mail::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            http: http::Settings::default(),
            passwords: hashing::Settings::default(),
            keys: KeySettings::default(),
            mail: mail::Settings::default(),
        }
    }
}

/// Everything that is wrong with the settings.
#[derive(Debug, thiserror::Error)]
#[error("the settings cannot be used: {}; `classo settings` shows what can be set", .0.join("; "))]
pub struct SettingsError(pub Vec<String>);

/// The tables of the file.
const SECTIONS: [&str; 4] = ["http", "passwords", "keys", "mail"];

impl Settings {
    /// What the app is told of them.
    pub fn app(&self) -> app::Settings {
        let site = self.http.public_url.as_deref();
        let site = site.map(|url| url.trim_end_matches('/').to_owned());
        app::Settings {
            passwords: self.passwords.clone(),
            keys: self.keys.clone(),
            mail: Some(self.mail.clone()),
            site: site.unwrap_or_else(|| format!("http://{}", self.listen)),
        }
    }

    /// From the text of a file and the variables of an environment.
    ///
    /// # Errors
    /// Every key that is unknown, and what is missing or impossible in each table.
    pub fn parse(
        text: &str,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Settings, SettingsError> {
        let mut table: Table = text
            .parse()
            .map_err(|error: toml::de::Error| SettingsError(vec![place(text, &error)]))?;
        let mut reader = Reader::default();
        reader.overlay(&mut table, variables);
        let default = Settings::default();
        let listen = table
            .remove("listen")
            .map(|value| reader.value("listen", value));
        let settings = Settings {
            listen: listen.flatten().unwrap_or(default.listen),
            http: reader.section(&mut table, "http", http::Settings::problems),
            passwords: reader.section(&mut table, "passwords", hashing::Settings::problems),
            keys: reader.section(&mut table, "keys", |_: &KeySettings| Vec::new()),
            mail: reader.section(&mut table, "mail", mail::Settings::problems),
        };
        for key in table.keys() {
            reader.problem(key, "there is no such setting");
        }
        if reader.problems.is_empty() {
            Ok(settings)
        } else {
            Err(SettingsError(reader.problems))
        }
    }
}

/// Where a file stops being TOML.
fn place(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(1, |before| before.matches('\n').count() + 1);
    format!("line {line}: {}", error.message().trim())
}

/// Reads values and collects what is wrong with them.
#[derive(Default)]
struct Reader {
    /// Keys that a variable of the environment stands for.
    variables: BTreeMap<String, String>,
    problems: Vec<String>,
}

impl Reader {
    /// Puts variables over the file. `CLASSO_MAIL_PORT` is `port` of `[mail]`; a value that is TOML is read as TOML, else as
    /// text.
    fn overlay(&mut self, table: &mut Table, variables: impl Iterator<Item = (String, String)>) {
        for (name, text) in variables {
            let Some((section, key)) = setting(&name) else {
                continue;
            };
            self.variables.insert(format!("{section}.{key}"), name);
            let value = match format!("value = {text}").parse::<Table>() {
                Ok(mut read) if read.len() == 1 => read.remove("value"),
                _ => None,
            };
            let section = table
                .entry(section)
                .or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(section) = section {
                section.insert(key, value.unwrap_or(Value::String(text)));
            }
        }
    }

    fn section<T: DeserializeOwned + Default>(
        &mut self,
        table: &mut Table,
        name: &str,
        problems: impl Fn(&T) -> Vec<String>,
    ) -> T {
        let section = table.remove(name);
        let section = section.unwrap_or_else(|| Value::Table(Table::new()));
        let Some(read) = self.value::<T>(name, section) else {
            return T::default();
        };
        for problem in problems(&read) {
            self.problems.push(format!("{name}.{problem}"));
        }
        read
    }

    /// A value as its type; its unknown keys are problems, and so is what it cannot be.
    fn value<T: DeserializeOwned>(&mut self, path: &str, value: Value) -> Option<T> {
        let mut unknown = Vec::new();
        let read = serde_ignored::deserialize(value, |key| unknown.push(format!("{path}.{key}")));
        for key in unknown {
            self.problem(&key, "there is no such setting");
        }
        read.map_err(|error: toml::de::Error| {
            let text = error.to_string();
            self.problem(
                path,
                text.split_whitespace().collect::<Vec<_>>().join(" ").trim(),
            );
        })
        .ok()
    }

    fn problem(&mut self, key: &str, problem: &str) {
        let name = self.variables.get(key).map_or(key, String::as_str);
        self.problems.push(format!("{name}: {problem}"));
    }
}

/// The table and the key that a variable stands for.
fn setting(variable: &str) -> Option<(String, String)> {
    let (section, key) = variable.strip_prefix("CLASSO_")?.split_once('_')?;
    let section = section.to_ascii_lowercase();
    SECTIONS
        .contains(&section.as_str())
        .then(|| (section, key.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Tls, TransportKind};

    fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        Settings::parse(text, variables).map_err(|SettingsError(problems)| problems)
    }

    #[test]
    fn every_key_of_the_example_exists_and_has_its_default() {
        let told = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line));
        let all: Vec<_> = told.collect();
        let settings = parse(&all.join("\n"), &[]).expect("the example can be read");
        let example = Settings {
            http: http::Settings {
                public_url: Some("https://classo.example".to_owned()),
                ..http::Settings::default()
            },
            keys: KeySettings {
                master_file: Some("/etc/classo/master-key".into()),
                copy: Some("/backups/classo-keyring".into()),
            },
            mail: mail::Settings {
                transport: TransportKind::Smtp,
                host: Some("mail.example".to_owned()),
                port: Some(587),
                user: Some("classo".to_owned()),
                password_file: Some("/etc/classo/mail-password".into()),
                certificate: Some("/etc/classo/ca.pem".into()),
                ..mail::Settings::default()
            },
            ..Settings::default()
        };
        assert_eq!(settings, example);
        assert_eq!(parse(EXAMPLE, &[]), Ok(Settings::default()), "as it stands");
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let file = "listen = \"127.0.0.1:1\"\n[mail]\nhost = \"a.example\"\nport = 25\ntransport = \"smtp\"\n";
        let settings = parse(
            file,
            &[
                ("CLASSO_MAIL_HOST", "b.example"),
                ("CLASSO_MAIL_TLS", "tls"),
                (
                    "CLASSO_HTTP_ATTEMPTS",
                    "{code = {at_once = 3, an_hour = 4}}",
                ),
                ("CLASSO_DATA", "elsewhere"),
                ("CLASSO_CRASH_ROUNDS", "7"),
                ("PATH", "/bin"),
            ],
        )
        .expect("read");
        assert_eq!(settings.listen.port(), 1);
        assert_eq!(settings.mail.host.as_deref(), Some("b.example"));
        assert_eq!(
            (settings.mail.port, settings.mail.tls),
            (Some(25), Tls::Tls)
        );
        assert_eq!(settings.http.attempts.code.at_once.get(), 3);
        let defaults = http::attempts::Settings::default();
        assert_eq!(settings.http.attempts.letter, defaults.letter);
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let file = "colour = 1\n[http]\npublic_url = \"classo.example\"\nproxies = []\n\
                    [passwords]\nthreads = \"many\"\n[mail]\ntransport = \"smtp\"\nuser = \"u\"\n";
        let problems = parse(
            file,
            &[("CLASSO_MAIL_HOTS", "x"), ("CLASSO_PASSWORDS_WAIT", "1")],
        );
        let problems = problems.expect_err("wrong in many ways");
        for (start, word) in [
            ("colour:", "no such setting"),
            ("http.proxies:", "no such setting"),
            ("http.public_url:", "https://"),
            ("passwords:", "many"),
            ("CLASSO_MAIL_HOTS:", "no such setting"),
            ("mail.host:", "missing"),
        ] {
            let told = problems
                .iter()
                .any(|told| told.starts_with(start) && told.contains(word));
            assert!(told, "{start} {word}: {problems:#?}");
        }
        let broken = parse("[mail]\nhost = \n", &[]).expect_err("not TOML");
        assert!(broken[0].starts_with("line 2:"), "{broken:?}");
    }
}
