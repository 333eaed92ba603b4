//! Hands letters to a mail server.

use std::fs;
use std::time::Duration;

use lettre::Transport as _;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as LettreTls, TlsParameters};

use super::message::Post;
use super::{DeliveryError, MailError, Settings, Tls, Transport};

/// How long the server may take for one step.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct SmtpTransport(lettre::SmtpTransport);

impl SmtpTransport {
    /// # Errors
    /// When a file of the settings cannot be read.
    pub fn new(settings: &Settings) -> Result<Self, MailError> {
        let host = settings.host.as_deref().unwrap_or("localhost");
        let usual = if settings.tls == Tls::Tls { 465 } else { 587 };
        let mut transport = lettre::SmtpTransport::builder_dangerous(host)
            .port(settings.port.unwrap_or(usual))
            .tls(tls(settings, host)?)
            .timeout(Some(PATIENCE));
        if let (Some(user), Some(path)) = (&settings.user, &settings.password_file) {
            let password = read(path)?;
            let password = password.lines().next().unwrap_or_default();
            transport = transport.credentials(Credentials::new(user.clone(), password.to_owned()));
        }
        Ok(SmtpTransport(transport.build()))
    }
}

fn tls(settings: &Settings, host: &str) -> Result<LettreTls, MailError> {
    let failed = |error: smtp::Error| MailError::Tls(error.to_string());
    if settings.tls == Tls::None {
        return Ok(LettreTls::None);
    }
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(path) = &settings.certificate {
        let certificate = Certificate::from_pem(read(path)?.as_bytes()).map_err(failed)?;
        parameters = parameters.add_root_certificate(certificate);
    }
    let parameters = parameters.build().map_err(failed)?;
    Ok(match settings.tls {
        Tls::Tls => LettreTls::Wrapper(parameters),
        _ => LettreTls::Required(parameters),
    })
}

fn read(path: &std::path::Path) -> Result<String, MailError> {
    fs::read_to_string(path).map_err(|error| MailError::File {
        path: path.to_owned(),
        error,
    })
}

impl Transport for SmtpTransport {
    fn send(&self, post: &Post) -> Result<(), DeliveryError> {
        match self.0.send(&post.message) {
            Ok(_) => Ok(()),
            Err(error) => {
                let to = post.message.envelope().to();
                let is_ascii = to.iter().all(|address| address.to_string().is_ascii());
                Err(classified(&error, is_ascii))
            }
        }
    }
}

/// A server's refusal is for ever, except when it is we who were refused (5.3.x of RFC 4954: signing in), which an operator
/// mends. Its words are not passed on: they often repeat the address.
fn classified(error: &smtp::Error, is_ascii: bool) -> DeliveryError {
    if let Some(code) = error.status() {
        let code = u16::from(code);
        let told = format!("the mail server answered {code}");
        let is_about_us = (530..540).contains(&code);
        return match error.is_permanent() && !is_about_us {
            true => DeliveryError::Permanent(told),
            false => DeliveryError::Transient(told),
        };
    }
    // An address with accents before its @ needs a server that knows them; everything else of the kind is a matter of setting up.
    if error.is_client() && !is_ascii {
        return DeliveryError::Permanent("the mail server takes no such address".to_owned());
    }
    let what = match () {
        () if error.is_timeout() => "the mail server did not answer in time",
        () if error.is_tls() => "no encrypted connection to the mail server",
        () if error.is_client() => "the mail server does not do what the settings ask for",
        () => "no connection to the mail server",
    };
    DeliveryError::Transient(what.to_owned())
}
