//! Letters arrive at a real mail server, as they should be read; what goes wrong is told apart.

use classo::domain::language::Language;
use classo::domain::letter::{Letter, LetterId, OutgoingLetter};
use classo::mail::{DeliveryError, Mailer, Settings, Tls, TransportKind};
use jiff::Timestamp;

use crate::smtp::SmtpServer;

fn smtp(port: u16) -> Settings {
    Settings {
        transport: TransportKind::Smtp,
        from: "Classo à l'école <bonjour@classo.example>".into(),
        host: Some("127.0.0.1".into()),
        port: Some(port),
        tls: Tls::None,
        ..Settings::default()
    }
}

fn mailer(settings: &Settings) -> Mailer {
    let folder = tempfile::tempdir().unwrap();
    Mailer::new(settings, "https://classo.example", folder.path()).unwrap()
}

fn reset(language: Language) -> OutgoingLetter {
    OutgoingLetter {
        id: LetterId::from_random([9; 16]),
        to: "marie@csdm.example".into(),
        language,
        written_at: Timestamp::from_second(1_790_000_000).unwrap(),
        letter: Letter::ResetPassword {
            link: "https://classo.example/reset#classo_ch_AbC-_123".into(),
            hours: 1,
        },
        unsubscribe: None,
    }
}

#[test]
fn a_letter_arrives_in_its_language_as_text_and_as_html() {
    let mut server = SmtpServer::start(0);
    let mailer = mailer(&smtp(server.port));
    for (language, subject, hello) in [
        (
            Language::Fr,
            "Choisissez un nouveau mot de passe",
            "Bonjour,",
        ),
        (Language::En, "Choose a new password", "Hello,"),
    ] {
        let mut letter = reset(language);
        letter.to = "marie@école.example".into();
        mailer.deliver("0a", &letter).unwrap();
        let message = server.message();
        assert_eq!(message["from"], "bonjour@classo.example");
        assert_eq!(message["to"][0], "marie@xn--cole-9oa.example");
        let headers = &message["headers"];
        assert_eq!(headers["subject"], subject);
        assert_eq!(headers["from"], "Classo à l'école <bonjour@classo.example>");
        assert_eq!(headers["content-language"], language.tag());
        assert_eq!(headers["date"], "Mon, 21 Sep 2026 14:13:20 +0000");
        let id = format!("<{}@classo.example>", letter.id);
        assert_eq!(headers["message-id"], id);
        let types = message["types"].as_array().unwrap();
        assert_eq!(
            types[..],
            ["multipart/alternative", "text/plain", "text/html"]
        );
        let (plain, html) = (
            message["plain"].as_str().unwrap(),
            message["html"].as_str().unwrap(),
        );
        let link = "https://classo.example/reset#classo_ch_AbC-_123";
        let is_alone = plain.lines().any(|line| line.trim_end() == link);
        assert!(plain.starts_with(hello) && is_alone, "{plain}");
        assert!(
            html.contains(&format!("<a href=\"{link}\">{link}</a>")),
            "{html}"
        );
        assert!(html.contains(hello));
    }
}

#[test]
fn refusals_for_now_and_for_ever_are_told_apart_and_name_nobody() {
    let mut server = SmtpServer::start(0);
    let mailer = mailer(&smtp(server.port));
    let letter = reset(Language::Fr);
    server.answer("451 4.7.1 <marie@csdm.example> later");
    assert_eq!(
        mailer.deliver("0a", &letter),
        Err(DeliveryError::Transient(
            "the mail server answered 451".into()
        ))
    );
    server.answer("550 5.1.1 <marie@csdm.example> unknown");
    assert_eq!(
        mailer.deliver("0a", &letter),
        Err(DeliveryError::Permanent(
            "the mail server answered 550".into()
        ))
    );
    server.answer("535 5.7.8 who are you");
    assert_eq!(
        mailer.deliver("0a", &letter),
        Err(DeliveryError::Transient(
            "the mail server answered 535".into()
        ))
    );
    server.answer("take");
    assert_eq!(mailer.deliver("0a", &letter), Ok(()));
    let port = server.port;
    drop(server);
    assert_eq!(
        mailer.deliver("0a", &letter),
        Err(DeliveryError::Transient(
            "no connection to the mail server".into()
        ))
    );
    let mut server = SmtpServer::start(port);
    assert_eq!(mailer.deliver("0a", &letter), Ok(()));
    let id = format!("<{}@classo.example>", letter.id);
    assert_eq!(
        server.message()["headers"]["message-id"],
        id,
        "the same at every try"
    );
}

#[test]
fn a_server_without_encryption_gets_nothing_when_encryption_is_asked_for() {
    let server = SmtpServer::start(0);
    let settings = Settings {
        tls: Tls::Starttls,
        ..smtp(server.port)
    };
    let letter = reset(Language::Fr);
    let delivered = mailer(&settings).deliver("0a", &letter);
    assert_eq!(
        delivered,
        Err(DeliveryError::Transient(
            "the mail server does not do what the settings ask for".into()
        ))
    );
}

#[test]
fn files_are_whole_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = folder.path().join("outbox");
    let mailer = Mailer::new(&Settings::default(), "http://localhost:8080", &outbox).unwrap();
    for (owner, number) in [("0a", 1), ("0a", 2), ("0a0b", 3)] {
        let mut letter = reset(Language::Fr);
        letter.id = LetterId::from_random([number; 16]);
        mailer.deliver(owner, &letter).unwrap();
        mailer.deliver(owner, &letter).unwrap();
    }
    let names = || {
        let entries = std::fs::read_dir(&outbox).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names().len(), 3, "{:?}", names());
    for name in names() {
        assert!(name.ends_with(".eml"), "{name}");
        let path = outbox.join(name);
        let message = std::fs::read_to_string(&path).unwrap();
        assert!(message.contains("Message-ID:") && message.trim_end().ends_with("--"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }
}
