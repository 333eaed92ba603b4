//! The session's cookie: read from a request, set and taken away in an answer.
//!
//! No script of a page reads it (`HttpOnly`), foreign sites do not send it along (`SameSite=Lax`), and it leaves the browser
//! over encrypted connections alone (`Secure`), except where Classo is tried on the machine it runs on.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

/// The name of the cookie.
pub const SESSION: &str = "classo_session";

/// The session's token that a request carries, when it carries exactly one: two are a sign that another site of the same
/// domain set one of them.
pub fn session(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    let mut tokens = pairs.filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == SESSION).then_some(value)
    });
    let token = tokens.next().filter(|token| !token.is_empty())?;
    tokens.next().is_none().then_some(token)
}

/// The header that sets it. The token is of letters, digits, `_` and `-`.
pub fn set(token: &str, lifetime: Duration, is_secure: bool) -> HeaderValue {
    line(token, lifetime.as_secs(), is_secure)
}

/// The header that takes it away.
pub fn clear(is_secure: bool) -> HeaderValue {
    line("", 0, is_secure)
}

fn line(token: &str, seconds: u64, is_secure: bool) -> HeaderValue {
    let secure = if is_secure { "; Secure" } else { "" };
    let line =
        format!("{SESSION}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&line)
        .expect("a token of ours has no character that a header may not have")
}

/// Whether the cookie may only travel encrypted: by the public address when there is one, else unless the host that was
/// asked is this machine.
pub fn is_secure(headers: &HeaderMap, public: Option<&str>) -> bool {
    if let Some(public) = public {
        return public.starts_with("https://");
    }
    let host = headers.get(header::HOST);
    host.and_then(|host| host.to_str().ok())
        .is_none_or(is_elsewhere)
}

/// Whether a host, with or without a port, is another machine than this.
pub(super) fn is_elsewhere(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let address = name.parse::<std::net::IpAddr>();
    let is_named_here = name == "localhost" || name.ends_with(".localhost");
    !(is_named_here || address.is_ok_and(|address| address.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_cookie_is_read_when_there_is_exactly_one() {
        let read = |lines: &[&'static str]| {
            let lines: Vec<_> = lines.iter().map(|line| (header::COOKIE, *line)).collect();
            session(&headers(&lines)).map(str::to_owned)
        };
        assert_eq!(
            read(&["a=1; classo_session=abc; b=2"]).as_deref(),
            Some("abc")
        );
        assert_eq!(read(&["a=1", "classo_session=abc"]).as_deref(), Some("abc"));
        for none in [
            vec!["xclasso_session=abc"],
            vec!["classo_session="],
            vec!["classo_session"],
            vec!["classo_session=abc; classo_session=def"],
            vec!["classo_session=abc", "classo_session=abc"],
        ] {
            assert_eq!(read(&none), None, "{none:?}");
        }
    }

    #[test]
    fn it_is_for_browsers_alone_and_travels_encrypted_outside_this_machine() {
        let set = set("abc_-1", Duration::from_secs(3600), true);
        assert_eq!(
            set,
            "classo_session=abc_-1; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            clear(false),
            "classo_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
        let asked = |host: &'static str| is_secure(&headers(&[(header::HOST, host)]), None);
        for here in [
            "localhost",
            "localhost:8080",
            "127.0.0.1:80",
            "[::1]:8080",
            "[::1]",
        ] {
            assert!(!asked(here), "{here}");
        }
        for there in [
            "classo.example",
            "localhost.example",
            "192.0.2.1:8080",
            "",
            "[2001:db8::1]:80",
        ] {
            assert!(asked(there), "{there}");
        }
        assert!(is_secure(&HeaderMap::new(), None));
        let here = headers(&[(header::HOST, "127.0.0.1:8080")]);
        assert!(is_secure(&here, Some("https://classo.example")));
    }
}
