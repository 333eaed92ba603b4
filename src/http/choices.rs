//! What a visitor answered about cookies: kept in the visitor's own browser, and nowhere else.
//!
//! The cookie `classo_choices` has one part for each purpose: its id, the decision, the version of the notice, when, and
//! until when. A browser can write into it what it likes: it decides about itself alone.

use axum::http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;

use crate::domain::consent::{ConsentEvent, ConsentHistory, ConsentMethod, Decision, Purpose};
use crate::domain::language::Language;

const NAME: &str = "classo_choices";

/// How long a browser keeps it: six months, in seconds.
const LIFETIME_SECONDS: u32 = 182 * 24 * 3_600;

/// The answers of a request's cookie.
pub fn read(headers: &HeaderMap) -> ConsentHistory {
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    let value = pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == NAME);
    let parts = value.map_or("", |(_, value)| value).split('|');
    ConsentHistory::new(
        parts
            .filter_map(event)
            .map(|event| (String::new(), event))
            .collect(),
    )
}

fn event(part: &str) -> Option<ConsentEvent> {
    let mut fields = part.split('.');
    let mut field = || fields.next();
    let (purpose, decision) = (Purpose::parse(field()?)?, Decision::parse(field()?)?);
    let notice_version = field()?.to_owned();
    let mut moment = || Timestamp::from_second(field()?.parse().ok()?).ok();
    Some(ConsentEvent {
        at: moment()?,
        expires_at: moment(),
        purpose,
        decision,
        notice_version,
        language: Language::default(),
        text: String::new(),
        method: ConsentMethod::Browser,
    })
}

/// The header that keeps one answer more.
pub fn with(history: &ConsentHistory, event: &ConsentEvent, is_secure: bool) -> HeaderValue {
    let others = history.events().iter().map(|(_, known)| known);
    let others = others.filter(|known| known.purpose != event.purpose);
    let parts: Vec<String> = others.chain([event]).filter_map(part).collect();
    let secure = if is_secure { "; Secure" } else { "" };
    let line = format!(
        "{NAME}={}; Path=/; Max-Age={LIFETIME_SECONDS}; HttpOnly; SameSite=Lax{secure}",
        parts.join("|")
    );
    HeaderValue::from_str(&line)
        .expect("ids, versions and numbers have no character that a header may not have")
}

fn part(event: &ConsentEvent) -> Option<String> {
    let decision = match event.decision {
        Decision::Grant => "grant",
        Decision::Refuse => "refuse",
        Decision::Withdraw => "withdraw",
    };
    let version = &event.notice_version;
    let is_plain = version
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-');
    let end = event.expires_at.map(|end| end.as_second().to_string());
    is_plain.then(|| {
        format!(
            "{}.{decision}.{version}.{}.{}",
            event.purpose.id(),
            event.at.as_second(),
            end.unwrap_or_default()
        )
    })
}
