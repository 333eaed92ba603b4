//! Accounts, consents and profiles, from sign-up to the end of the account.

use std::path::Path;
use std::time::Duration;

use classo::domain::account::{EmailAddress, PersonId, ServiceRole};
use classo::domain::actor::Actor;
use classo::domain::consent::Purpose;
use classo::domain::totp::{Step, TotpSecret};
use classo::http::caller::Peer;
use classo::store::register::{Category, ErasureRule};
use classo::store::vault::WaitingLetter;
use serde_json::{Value, json};

use super::support::{ServerProcess, TestApp, classo, eventually, ids, record, wait_until};

pub const PASSWORD: &str = "tramway orange du matin";

pub fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

/// The newest link's token among the letters to an address, wherever the letter is by now.
pub fn token_mailed(app: &TestApp, to: &str) -> String {
    eventually(&format!("a letter with a link to {to}"), || {
        waiting_token(app, to).or_else(|| laid_down_token(&app.folder().join("outbox"), to))
    })
}

fn waiting_token(app: &TestApp, to: &str) -> Option<String> {
    let vault = &app.server.app.people.vault;
    let mut letters = Vec::new();
    for person in vault.persons() {
        let read = vault.read::<WaitingLetter>(&Actor::Service, person, Purpose::Account);
        letters.extend(read.into_iter().flat_map(|read| read.into_inner()));
    }
    let texts = letters
        .into_iter()
        .map(|(_, letter)| (letter.outgoing.written_at, json!(letter)));
    let mut texts: Vec<_> = texts.filter(|(_, letter)| letter["to"] == to).collect();
    texts.sort_by_key(|(at, _)| *at);
    texts
        .iter()
        .rev()
        .find_map(|(_, letter)| token_in(&letter.to_string()))
}

/// Letters as files are quoted-printable: lines that go on end with `=`.
pub fn laid_down_token(outbox: &Path, to: &str) -> Option<String> {
    let entries = std::fs::read_dir(outbox).ok()?.flatten();
    let letters = entries.filter_map(|entry| {
        let text = std::fs::read_to_string(entry.path())
            .ok()?
            .replace("=\r\n", "");
        let written = entry.metadata().ok()?.modified().ok()?;
        (text.to_lowercase().contains(&to.to_lowercase())).then_some((written, text))
    });
    let mut letters: Vec<_> = letters.collect();
    letters.sort();
    letters.iter().rev().find_map(|(_, text)| token_in(text))
}

/// Whether a letter that was laid down says so.
pub fn is_laid_down(outbox: &Path, text: &str) -> bool {
    let files = std::fs::read_dir(outbox).into_iter().flatten().flatten();
    files
        .filter_map(|file| std::fs::read_to_string(file.path()).ok())
        .any(|letter| letter.replace("=\r\n", "").contains(text))
}

/// The code of a link in a letter.
pub fn token_in(text: &str) -> Option<String> {
    let rest = &text[text.find("classo_ch_")?..];
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    Some(rest.chars().take_while(|c| is_part(*c)).collect())
}

pub fn sign_up(app: &TestApp, address: &str) {
    let body = json!({"email": address, "password": PASSWORD, "of_age": true, "lang": "fr"});
    let answer = app.request("POST", "/api/v1/accounts", body.to_string());
    assert_eq!(answer.status, 202, "{}", answer.text);
}

pub fn sign_in(app: &TestApp, body: Value) -> String {
    let answer = app.request("POST", "/api/v1/session", body.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// A confirmed account that is signed in.
pub fn settle(app: &TestApp, address: &str) -> String {
    sign_up(app, address);
    let body = json!({"token": token_mailed(app, address)});
    assert_eq!(
        app.request("POST", "/api/v1/accounts/confirm", body.to_string())
            .status,
        204
    );
    sign_in(
        app,
        json!({"email": address, "password": PASSWORD, "token": true}),
    )
}

/// Sets up a second factor, and signs in anew with it.
pub fn with_second_factor(app: &TestApp, address: &str, token: &str) -> String {
    let ask = |path: &str, body: Value| app.as_bearer(token, "POST", path, body).json();
    let begun = ask("/api/v1/account/totp", json!({"password": PASSWORD}));
    let secret = secret_of(begun["secret"].as_str().unwrap());
    let code = secret.code(Step(jiff::Timestamp::now().as_second() / 30));
    let confirmed = ask("/api/v1/account/totp/confirm", json!({"code": code}));
    let recovery = &confirmed["recovery_codes"][0];
    sign_in(
        app,
        json!({"email": address, "password": PASSWORD, "token": true, "code": recovery}),
    )
}

pub fn consent(app: &TestApp, token: &str, decision: &str) -> Value {
    let body = json!({"purpose": "ranking-profile", "decision": decision, "notice_version": "2026-11-01", "lang": "fr"});
    let answer = app.as_bearer(token, "POST", "/api/v1/consents", body);
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

fn catalogue() -> TestApp {
    TestApp::with(&[
        record(
            "a",
            "carte des régions",
            json!({"levels": ["/secondary"], "devices": ["desktop"]}),
        ),
        record(
            "b",
            "carte des fractions",
            json!({"levels": ["/primary/cycle-2/grade-4"], "devices": ["ipad"], "subjects": ["/math-science-technology/mathematics"]}),
        ),
        record(
            "c",
            "carte du ciel",
            json!({"levels": ["/primary/cycle-3"], "devices": ["chromebook"]}),
        ),
    ])
}

/// Everything of an answer but the time it took.
fn without_time(mut answer: Value) -> Value {
    answer["took_us"] = 0.into();
    answer
}

#[test]
fn an_account_opens_once_its_address_is_confirmed() {
    let app = TestApp::empty();
    let body = json!({"email": "Lea@Exemple.ca", "password": PASSWORD, "of_age": true});
    let young = json!({"email": "Lea@Exemple.ca", "password": PASSWORD, "of_age": false});
    let refused = app.request("POST", "/api/v1/accounts", young.to_string());
    assert_eq!(
        (
            refused.status.as_u16(),
            &refused.json()["errors"][0]["code"]
        ),
        (400, &json!("under_age"))
    );
    assert!(
        app.server.app.people.vault.persons().is_empty(),
        "nothing is kept of it"
    );
    assert_eq!(
        app.request("POST", "/api/v1/accounts", body.to_string())
            .status,
        202
    );
    let session = json!({"email": "lea@exemple.ca", "password": PASSWORD, "token": true});
    let early = app.request("POST", "/api/v1/session", session.to_string());
    assert_eq!(
        (early.status.as_u16(), &early.json()["code"]),
        (401, &json!("wrong_credentials"))
    );
    let confirm = json!({"token": token_mailed(&app, "Lea@Exemple.ca")}).to_string();
    assert_eq!(
        app.request("POST", "/api/v1/accounts/confirm", confirm.clone())
            .status,
        204
    );
    let again = app.request("POST", "/api/v1/accounts/confirm", confirm);
    assert_eq!(
        (again.status.as_u16(), &again.json()["errors"][0]["code"]),
        (400, &json!("token_not_good"))
    );
    let token = sign_in(&app, session);
    assert_eq!(
        app.as_bearer(&token, "GET", "/api/v1/profile", Value::Null)
            .json(),
        json!({})
    );
    assert_eq!(
        app.as_bearer(&token, "DELETE", "/api/v1/session", Value::Null)
            .status,
        204
    );
    let out = app.as_bearer(&token, "GET", "/api/v1/profile", Value::Null);
    assert_eq!(
        (out.status.as_u16(), &out.json()["code"]),
        (401, &json!("not_signed_in"))
    );
    for (field, wrong) in [
        (
            "email",
            json!({"email": "nobody", "password": PASSWORD, "of_age": true}),
        ),
        (
            "password",
            json!({"email": "a@b.ca", "password": "short", "of_age": true}),
        ),
        (
            "colour",
            json!({"email": "a@b.ca", "password": PASSWORD, "of_age": true, "colour": "red"}),
        ),
        ("password", json!({"email": "a@b.ca", "of_age": true})),
    ] {
        let answer = app.request("POST", "/api/v1/accounts", wrong.to_string());
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["errors"][0]["field"]),
            (400, &json!(field)),
            "{}",
            answer.text
        );
    }
}

/// A link of a letter, followed by a browser: the path of its page, and its code.
fn link_mailed(app: &TestApp, to: &str, page: &str) -> (String, String) {
    let code = token_mailed(app, to);
    let link = format!("/fr/{page}#{code}");
    wait_until(&format!("a letter leads to {link}"), || {
        is_laid_down(&app.folder().join("outbox"), &link)
    });
    (format!("/fr/{page}"), code)
}

/// Sends a page's form as a browser does; the status, and where the answer leads.
fn send_form(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> (u16, String, String) {
    let encode =
        |text| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)));
    let form = pairs.collect::<Vec<_>>().join("&");
    let request = axum::http::Request::post(path)
        .header("accept", "text/html")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    let answer = app.send(request.body(form.into()).unwrap());
    (answer.status.as_u16(), answer.location, answer.text)
}

#[test]
fn what_a_letter_links_to_does_what_the_letter_says() {
    let app = TestApp::empty();
    let session = |address: &str, password: &str| {
        let body = json!({"email": address, "password": password, "token": true});
        let answer = app.request("POST", "/api/v1/session", body.to_string());
        (
            answer.status.as_u16(),
            answer.json()["token"].as_str().map(str::to_owned),
        )
    };
    // A stranger signs up with somebody's address; the reader of the letter chooses the password that counts.
    sign_up(&app, "lea@exemple.ca");
    let (page, code) = link_mailed(&app, "lea@exemple.ca", "confirm");
    let shown = app.get(&page);
    assert_eq!(shown.status, 200, "{}", shown.text);
    let own = "lune verte du soir";
    let (status, _, text) = send_form(&app, &page, &[("token", &code), ("password", "court")]);
    assert!(
        status == 400 && text.contains("huit caractères") && text.contains(&code),
        "{text}"
    );
    let link = format!("http://x/fr/confirm#{code}");
    let (status, to, text) = send_form(&app, &page, &[("token", &link), ("password", own)]);
    assert_eq!(
        (status, to.as_str()),
        (303, "/fr/confirm?done=true"),
        "{text}"
    );
    assert!(app.get(&to).text.contains("Votre compte est ouvert"));
    assert_eq!(
        session("lea@exemple.ca", PASSWORD).0,
        401,
        "the stranger's password"
    );
    let token = session("lea@exemple.ca", own).1.expect("signed in");
    let (status, _, text) = send_form(&app, &page, &[("token", &code), ("password", own)]);
    assert!(status == 400 && text.contains("ne l’est plus"), "{text}");

    let body = json!({"email": "lea.neuve@exemple.ca", "password": own});
    let asked = app.as_bearer(&token, "PUT", "/api/v1/account/email", body);
    assert_eq!(asked.status, 202);
    let (page, code) = link_mailed(&app, "lea.neuve@exemple.ca", "confirm-address");
    let (status, _, _) = send_form(&app, "/fr/confirm", &[("token", &code), ("password", own)]);
    assert_eq!(status, 400, "a link to a new address opens no account");
    assert_eq!(send_form(&app, &page, &[("token", &code)]).0, 303);
    assert_eq!(session("lea.neuve@exemple.ca", own).0, 200);

    let reset = "/fr/reset";
    let (status, to, known) = send_form(&app, reset, &[("email", "lea.neuve@exemple.ca")]);
    assert_eq!((status, to.as_str()), (303, "/fr/reset?done=true"));
    let unknown = send_form(&app, reset, &[("email", "personne@exemple.ca")]);
    assert_eq!(unknown, (303, to, known));
    assert_eq!(send_form(&app, reset, &[("email", "personne")]).0, 400);
    let (page, code) = link_mailed(&app, "lea.neuve@exemple.ca", "new-password");
    let (status, ..) = send_form(&app, &page, &[("token", &code), ("password", PASSWORD)]);
    assert_eq!(status, 303);
    assert_eq!(session("lea.neuve@exemple.ca", own).0, 401);
    assert_eq!(session("lea.neuve@exemple.ca", PASSWORD).0, 200);
    // A page of another site cannot press the button.
    let request = axum::http::Request::post("/fr/reset")
        .header("accept", "text/html")
        .header("sec-fetch-site", "cross-site");
    let foreign = request.body("email=lea.neuve%40exemple.ca".into()).unwrap();
    let refused = app.send(foreign);
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("vient d’un autre site"));
    // Who asks too often is told to wait.
    let mut asked = (0..20).map(|_| send_form(&app, reset, &[("email", "autre@exemple.ca")]));
    let limited = asked.find(|(status, ..)| *status == 429);
    assert!(limited.is_some_and(|(_, _, text)| text.contains("Trop d’essais")));
    // Who signs up with a known address is led to where a password is chosen anew.
    sign_up(&app, "lea.neuve@exemple.ca");
    wait_until("a letter leads to where a password is chosen", || {
        is_laid_down(&app.folder().join("outbox"), "/fr/reset")
    });
}

#[test]
fn a_browser_gets_a_cookie_and_changes_nothing_for_a_foreign_page() {
    let app = TestApp::empty();
    settle(&app, "a@exemple.ca");
    let body = json!({"email": "a@exemple.ca", "password": PASSWORD}).to_string();
    let answer = app.request("POST", "/api/v1/session", body);
    assert!(answer.json().get("token").is_none());
    let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let pair = cookie.split(';').next().unwrap().to_owned();
    let put = |site: &str| {
        let request = axum::http::Request::put("/api/v1/profile")
            .header("cookie", &pair)
            .header("sec-fetch-site", site);
        app.send(request.body("{\"role\": \"teacher\"}".into()).unwrap())
            .status
            .as_u16()
    };
    assert_eq!((put("cross-site"), put("same-origin")), (403, 200));
    // A token of any kind lets a request pass the check of its origin, so then the cookie is not looked at.
    for token in ["classo_se_x", "classo_op_x", "x"] {
        let request = axum::http::Request::put("/api/v1/profile")
            .header("cookie", &pair)
            .header("authorization", format!("Bearer {token}"))
            .header("sec-fetch-site", "cross-site");
        let answer = app.send(request.body("{\"role\": \"parent\"}".into()).unwrap());
        assert_eq!(answer.status, 401, "{token}: {}", answer.text);
    }
    let gone = axum::http::Request::get("/api/v1/search")
        .header("cookie", "classo_session=classo_se_x")
        .body("".into())
        .unwrap();
    assert_eq!(
        app.send(gone).status,
        200,
        "a cookie that opens nothing makes a visitor"
    );
    assert_eq!(
        app.as_bearer("classo_se_x", "GET", "/api/v1/search", Value::Null)
            .status,
        401
    );
}

#[test]
fn nobody_learns_whether_an_address_has_an_account() {
    let app = TestApp::empty();
    settle(&app, "known@exemple.ca");
    let ask = |method: &str, path: &str, address: &str, password: &str| {
        let mut body = json!({"email": address});
        if path != "/api/v1/accounts/reset" {
            body["password"] = password.into();
        }
        if path == "/api/v1/accounts" {
            body["of_age"] = true.into();
        }
        let answer = app.request(method, path, body.to_string());
        let mut headers = answer.headers;
        headers.remove("x-request-id");
        (answer.status, answer.text, headers)
    };
    for path in [
        "/api/v1/accounts",
        "/api/v1/accounts/reset",
        "/api/v1/session",
    ] {
        let (known, unknown) = (
            ask("POST", path, "known@exemple.ca", "une autre phrase ici"),
            ask("POST", path, "nobody@exemple.ca", "une autre phrase ici"),
        );
        assert_eq!(known, unknown, "{path}");
    }
    // Asking for a letter takes as long as it takes at least, whoever is there.
    for address in ["known@exemple.ca", "nobody@exemple.ca"] {
        let asked = std::time::Instant::now();
        ask("POST", "/api/v1/accounts/reset", address, "");
        assert!(asked.elapsed() >= Duration::from_millis(50), "{address}");
    }
    // The password of the account is still the one of its owner.
    sign_in(
        &app,
        json!({"email": "known@exemple.ca", "password": PASSWORD, "token": true}),
    );
    let guesses = (0..1_000).map(|guess| {
        ask(
            "POST",
            "/api/v1/session",
            "known@exemple.ca",
            &format!("guess number {guess}"),
        )
        .0
        .as_u16()
    });
    let tried = guesses.filter(|status| *status == 401).count();
    assert!(tried < 60, "{tried} guesses were looked at");
}

#[test]
fn passwords_and_addresses_change_and_sessions_end() {
    let app = TestApp::empty();
    let token = settle(&app, "a@exemple.ca");
    let other = sign_in(
        &app,
        json!({"email": "a@exemple.ca", "password": PASSWORD, "token": true}),
    );
    let change = |token: &str, current: &str| {
        let body = json!({"current": current, "password": "lune verte du soir"});
        app.as_bearer(token, "PUT", "/api/v1/account/password", body)
            .status
            .as_u16()
    };
    assert_eq!(change(&token, "not the password"), 401);
    assert_eq!(change(&token, PASSWORD), 204);
    for token in [&token, &other] {
        assert_eq!(
            app.as_bearer(token, "GET", "/api/v1/profile", Value::Null)
                .status,
            401
        );
    }
    let old = app.request(
        "POST",
        "/api/v1/session",
        json!({"email": "a@exemple.ca", "password": PASSWORD}).to_string(),
    );
    assert_eq!(old.status, 401);
    let ask = json!({"email": "a@exemple.ca"}).to_string();
    assert_eq!(
        app.request("POST", "/api/v1/accounts/reset", ask).status,
        202
    );
    let reset =
        json!({"token": token_mailed(&app, "a@exemple.ca"), "password": PASSWORD}).to_string();
    assert_eq!(
        app.request("PUT", "/api/v1/accounts/reset", reset.clone())
            .status,
        204
    );
    assert_eq!(
        app.request("PUT", "/api/v1/accounts/reset", reset).status,
        400
    );
    let token = sign_in(
        &app,
        json!({"email": "a@exemple.ca", "password": PASSWORD, "token": true}),
    );
    let moving = json!({"email": "nouvelle@exemple.ca", "password": PASSWORD});
    assert_eq!(
        app.as_bearer(&token, "PUT", "/api/v1/account/email", moving)
            .status,
        202
    );
    sign_in(
        &app,
        json!({"email": "a@exemple.ca", "password": PASSWORD, "token": true}),
    );
    let confirm = json!({"token": token_mailed(&app, "nouvelle@exemple.ca")}).to_string();
    assert_eq!(
        app.request("POST", "/api/v1/accounts/confirm", confirm)
            .status,
        204
    );
    let gone = app.request(
        "POST",
        "/api/v1/session",
        json!({"email": "a@exemple.ca", "password": PASSWORD}).to_string(),
    );
    assert_eq!(gone.status, 401);
    let token = sign_in(
        &app,
        json!({"email": "nouvelle@exemple.ca", "password": PASSWORD, "token": true}),
    );
    assert_eq!(
        app.as_bearer(&token, "DELETE", "/api/v1/sessions", Value::Null)
            .status,
        204
    );
    assert_eq!(
        app.as_bearer(&token, "GET", "/api/v1/profile", Value::Null)
            .status,
        401
    );
}

#[test]
fn a_link_ends_with_the_password_and_the_mailbox_it_was_asked_with() {
    let app = TestApp::empty();
    let token = settle(&app, "a@exemple.ca");
    let move_to = |token: &str, password: &str, address: &str| {
        let body = json!({"email": address, "password": password});
        let asked = app.as_bearer(token, "PUT", "/api/v1/account/email", body);
        assert_eq!(asked.status, 202, "{}", asked.text);
        token_mailed(&app, address)
    };
    let confirm = |link: &str| {
        let body = json!({"token": link}).to_string();
        let answer = app.request("POST", "/api/v1/accounts/confirm", body);
        answer.status.as_u16()
    };
    // Who knew the old password asked for a move to a mailbox of theirs; the owner changes the password.
    let stolen = move_to(&token, PASSWORD, "voleur@exemple.ca");
    let new = "lune verte du soir";
    let body = json!({"current": PASSWORD, "password": new});
    let changed = app.as_bearer(&token, "PUT", "/api/v1/account/password", body);
    assert_eq!(changed.status, 204);
    assert_eq!(confirm(&stolen), 400);
    let session = json!({"email": "a@exemple.ca", "password": new, "token": true});
    let token = sign_in(&app, session);
    // A link to a new password lies in the mailbox that is left.
    let ask = json!({"email": "a@exemple.ca"}).to_string();
    assert_eq!(
        app.request("POST", "/api/v1/accounts/reset", ask).status,
        202
    );
    let left_behind = token_mailed(&app, "a@exemple.ca");
    assert_eq!(confirm(&move_to(&token, new, "b@exemple.ca")), 204);
    let reset = json!({"token": left_behind, "password": "encore une autre phrase"}).to_string();
    assert_eq!(
        app.request("PUT", "/api/v1/accounts/reset", reset).status,
        400
    );
    let session = json!({"email": "b@exemple.ca", "password": new, "token": true});
    sign_in(&app, session);
}

#[test]
fn of_many_changes_that_begin_with_one_password_one_is_made() {
    let app = TestApp::empty();
    let token = settle(&app, "a@exemple.ca");
    let passwords: Vec<String> = (0..4)
        .map(|number| format!("phrase du matin {number}"))
        .collect();
    let made: Vec<&String> = std::thread::scope(|scope| {
        let change = |password: &String| {
            let body = json!({"current": PASSWORD, "password": password});
            let answer = app.as_bearer(&token, "PUT", "/api/v1/account/password", body);
            assert!(
                matches!(answer.status.as_u16(), 204 | 401),
                "{}",
                answer.text
            );
            answer.status == 204
        };
        let asked: Vec<_> = passwords
            .iter()
            .map(|password| (password, scope.spawn(move || change(password))))
            .collect();
        let answered = asked
            .into_iter()
            .map(|(password, asked)| (password, asked.join().unwrap()));
        answered
            .filter(|(_, is_made)| *is_made)
            .map(|(password, _)| password)
            .collect()
    });
    assert_eq!(made.len(), 1, "{made:?}");
    let session = json!({"email": "a@exemple.ca", "password": made[0], "token": true});
    sign_in(&app, session);
}

#[test]
fn what_is_agreed_to_ranks_and_what_is_withdrawn_does_not() {
    let app = catalogue();
    let token = settle(&app, "a@exemple.ca");
    let question = json!({"q": "carte", "explain": true});
    let search = |body: &Value| app.as_bearer(&token, "POST", "/api/v1/search", body.clone());
    let neutral = app.search(question.clone());
    let put = |body: Value| app.as_bearer(&token, "PUT", "/api/v1/profile", body);
    assert_eq!(
        put(json!({"levels": ["/nowhere"]})).json()["errors"][0]["field"],
        "levels"
    );
    let profile = json!({"role": "teacher", "levels": ["/primary/cycle-2/grade-4"], "devices": ["ipad"], "budget": 4.99});
    assert_eq!(put(profile.clone()).json(), profile);
    assert_eq!(
        without_time(search(&question).json()),
        without_time(neutral.clone()),
        "kept, and not used"
    );
    consent(&app, &token, "grant");
    let personal = search(&question);
    assert_eq!(personal.headers["cache-control"], "private, no-store");
    let personal = personal.json();
    assert_eq!(ids(&personal)[0], "b");
    let with_request = app.search(json!({"q": "carte", "explain": true, "profile": profile}));
    assert_eq!(without_time(personal.clone()), without_time(with_request));
    assert_ne!(without_time(personal), without_time(neutral.clone()));
    let off = json!({"q": "carte", "explain": true, "personal": false});
    assert_eq!(
        without_time(search(&off).json()),
        without_time(neutral.clone())
    );
    let plain = search(&json!({"q": "carte", "device": ["ipad", "chromebook"]})).json();
    assert!(
        plain["hits"][0].get("explanation").is_none()
            && plain["hits"][0].get("neutral_rank").is_none()
    );
    let dear = search(&json!({"q": "carte", "max_price": 5})).json();
    assert_eq!(dear["total"], 0, "no cost is known");
    let own = json!({"q": "carte", "profile": {"devices": ["desktop"]}});
    assert_eq!(
        ids(&search(&own).json())[0],
        "a",
        "a profile in the request replaces the stored one"
    );
    consent(&app, &token, "withdraw");
    assert_eq!(
        without_time(search(&question).json()),
        without_time(neutral)
    );
    // Three searches were ranked by the stored profile; each left a record.
    let decisions = eventually("three decisions are recorded", || {
        let export = app.as_bearer(&token, "GET", "/api/v1/account/export", Value::Null);
        let decisions = export.json()["records"]["decisions"].clone();
        (decisions.as_array().unwrap().len() == 3).then_some(decisions)
    });
    let first = &decisions[0];
    assert_eq!(
        (&first["query"], &first["profile"]["devices"]),
        (&json!("carte"), &json!(["ipad"]))
    );
    let best = &first["results"][0];
    assert_eq!(
        (
            &best["resource"],
            &best["rank"],
            &best["neutral_rank"].is_u64()
        ),
        (&json!("b"), &json!(1), &true)
    );
    let effects = best["contributions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["effect"].as_i64().unwrap());
    assert_eq!(effects.sum::<i64>(), best["points"].as_i64().unwrap());
    let excluded = &decisions[1]["excluded"];
    assert_eq!(
        excluded,
        &json!([{"reason": "device", "count": 1}]),
        "{decisions:#}"
    );
    let too_dear = json!([{"reason": "max_price", "count": 3}]);
    assert_eq!(decisions[2]["excluded"], too_dear, "{decisions:#}");
    let sentence = best["contributions"][0]["sentence"].as_u64().unwrap();
    assert!(first["sentences"][sentence as usize]["fr"].is_string());
}

#[test]
fn consents_are_asked_one_by_one_and_leave_receipts() {
    let app = TestApp::empty();
    let token = settle(&app, "a@exemple.ca");
    let ask = |token: &str| {
        app.as_bearer(token, "GET", "/api/v1/consents?lang=en", Value::Null)
            .json()
    };
    let state = |answer: &Value, purpose: &str| {
        let purposes = answer["purposes"].as_array().unwrap().clone();
        purposes
            .into_iter()
            .find(|entry| entry["purpose"] == purpose)
            .unwrap()
    };
    let before = state(&ask(&token), "ranking-profile");
    assert_eq!(
        (&before["state"], &before["ask"], &before["profiling"]),
        (&json!("unknown"), &json!(true), &json!(true))
    );
    assert!(
        before["notice"]
            .as_str()
            .unwrap()
            .starts_with("Do you agree")
    );
    assert!(
        before["withdrawal"]["fr"]
            .as_str()
            .unwrap()
            .contains("classement neutre")
    );
    let answer = |body: Value| {
        let answer = app.as_bearer(&token, "POST", "/api/v1/consents", body);
        (answer.status.as_u16(), answer.json()["code"].clone())
    };
    let grant = |purpose: &str, version: &str| json!({"purpose": purpose, "decision": "grant", "notice_version": version, "lang": "fr"});
    assert_eq!(
        answer(grant("ranking-profile", "2020-01-01")),
        (409, json!("notice_outdated"))
    );
    assert_eq!(answer(grant("account", "2026-11-01")).0, 400);
    assert_eq!(answer(grant("everything", "2026-11-01")).0, 400);
    let granted = consent(&app, &token, "grant");
    assert!(
        granted["expires_at"].is_string()
            && granted["text"]
                .as_str()
                .unwrap()
                .starts_with("Acceptez-vous")
    );
    let after = state(&ask(&token), "ranking-profile");
    assert_eq!(
        (&after["state"], &after["ask"], &after["id"]),
        (&json!("given"), &json!(false), &granted["id"])
    );
    let id = granted["id"].as_str().unwrap();
    let receipt = |format: &str| {
        app.as_bearer(
            &token,
            "GET",
            &format!("/api/v1/consents/{id}/receipt?format={format}"),
            Value::Null,
        )
        .json()
    };
    let iso = receipt("iso");
    let processing = &iso["pii_processing"][0];
    for mandatory in [
        "privacy_notice",
        "language",
        "purpose",
        "pii_information",
        "pii_controllers",
        "storage_locations",
        "retention_period",
        "jurisdiction",
        "recipient_third_parties",
        "withdrawal_method",
    ] {
        assert!(!processing[mandatory].is_null(), "{mandatory}: {iso:#}");
    }
    assert_eq!(
        (
            &iso["record_id"],
            &iso["events"][0]["event_state"],
            &iso["events"][0]["validity_duration"]
        ),
        (&json!(id), &json!("ConsentGiven"), &json!("P24M"))
    );
    let kantara = receipt("kantara");
    for key in [
        "version",
        "jurisdiction",
        "consentTimestamp",
        "collectionMethod",
        "consentReceiptID",
        "publicKey",
        "language",
        "piiPrincipalId",
        "piiControllers",
        "policyUrl",
        "services",
        "sensitive",
        "spiCat",
    ] {
        assert!(kantara.get(key).is_some(), "{key}: {kantara:#}");
    }
    consent(&app, &token, "withdraw");
    let history = ask(&token)["history"].clone();
    let decisions: Vec<&str> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["decision"].as_str().unwrap())
        .collect();
    assert_eq!(decisions, ["grant", "withdraw"]);
}

#[test]
fn a_browser_keeps_its_own_choices_and_its_signal_is_honoured() {
    let app = TestApp::empty();
    let ask = |cookie: &str, signal: &str| {
        let request = axum::http::Request::get("/api/v1/consents")
            .header("cookie", cookie)
            .header("sec-gpc", signal);
        let answer = app.send(request.body("".into()).unwrap()).json();
        let purposes = answer["purposes"].as_array().unwrap().clone();
        purposes
            .iter()
            .map(|entry| {
                (
                    entry["purpose"].as_str().unwrap().to_owned(),
                    entry["state"].as_str().unwrap().to_owned(),
                )
            })
            .collect::<Vec<_>>()
    };
    let states = |states: [&str; 2]| {
        ["audience-measurement", "advertising"]
            .iter()
            .zip(states)
            .map(|(purpose, state)| ((*purpose).to_owned(), state.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ask("", ""),
        states(["unknown", "unknown"]),
        "off by default"
    );
    assert_eq!(ask("", "1"), states(["refused", "refused"]));
    let answer = |purpose: &str, signal: &str| {
        let body = json!({"purpose": purpose, "decision": "grant", "notice_version": "2026-11-01", "lang": "fr"});
        let request = axum::http::Request::post("/api/v1/consents").header("sec-gpc", signal);
        app.send(request.body(body.to_string().into()).unwrap())
    };
    assert_eq!(answer("advertising", "1").json()["code"], "privacy_signal");
    assert_eq!(answer("newsletter", "").status, 401);
    let given = answer("audience-measurement", "");
    assert_eq!(given.status, 201);
    let cookie = given.headers["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(ask(&cookie, ""), states(["given", "unknown"]));
    assert_eq!(ask(&cookie, "1"), states(["refused", "refused"]));
    assert_eq!(
        ask("classo_choices=|.|x.y.z|advertising.grant.9", ""),
        states(["unknown", "unknown"])
    );
}

#[test]
fn roles_of_the_service_are_given_at_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let server = ServerProcess::start("serve", folder.path());
    super::people_kept::settle(&server, folder.path(), "o@exemple.ca");
    drop(server);
    let role = |address: &str, role: &str, more: &[&str]| {
        let mut command = classo();
        command.args(["operator", "role", address, role]).args(more);
        let done = command.arg("--data").arg(folder.path()).output().unwrap();
        let said = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
        (done.status.code(), said.trim().to_owned())
    };
    let done = |said: &str| (Some(0), said.to_owned());
    assert_eq!(
        role("o@exemple.ca", "operator", &[]),
        done("operator given")
    );
    assert_eq!(
        role("o@exemple.ca", "operator", &["--withdraw"]),
        done("operator withdrawn")
    );
    let (code, said) = role("nobody@exemple.ca", "operator", &[]);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("confirmed account with this address"),
        "{said}"
    );
    let (code, said) = role("o@exemple.ca", "queen", &[]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("publisher, operator, privacy-officer"),
        "{said}"
    );
}

#[test]
fn an_operator_signs_in_with_both_factors_and_a_teacher_stays_out() {
    let app = TestApp::empty();
    let [teacher, operator] = ["t@exemple.ca", "o@exemple.ca"].map(|address| settle(&app, address));
    let accounts = &app.server.app.people.accounts;
    accounts
        .set_role(
            &Actor::Console,
            &email("o@exemple.ca"),
            ServiceRole::Operator,
            true,
        )
        .unwrap();
    let stats = |token: &str| {
        app.as_bearer(token, "GET", "/api/v1/admin/stats", Value::Null)
            .status
            .as_u16()
    };
    assert_eq!(
        (stats(&teacher), stats(&operator)),
        (403, 403),
        "the second factor is missing"
    );
    let begin = app
        .as_bearer(
            &operator,
            "POST",
            "/api/v1/account/totp",
            json!({"password": PASSWORD}),
        )
        .json();
    assert!(
        begin["uri"]
            .as_str()
            .unwrap()
            .starts_with("otpauth://totp/Classo:o%40exemple.ca?secret=")
    );
    let secret = secret_of(begin["secret"].as_str().unwrap());
    let step = jiff::Timestamp::now().as_second() / 30;
    let wrong = app.as_bearer(
        &operator,
        "POST",
        "/api/v1/account/totp/confirm",
        json!({"code": "000000"}),
    );
    assert_eq!(wrong.json()["code"], "wrong_code");
    let confirmed = app.as_bearer(
        &operator,
        "POST",
        "/api/v1/account/totp/confirm",
        json!({"code": secret.code(Step(step))}),
    );
    let recovery = confirmed.json()["recovery_codes"][0]
        .as_str()
        .unwrap()
        .to_owned();
    let session = |code: Option<&str>| {
        let body =
            json!({"email": "o@exemple.ca", "password": PASSWORD, "token": true, "code": code});
        app.request("POST", "/api/v1/session", body.to_string())
    };
    assert_eq!(session(None).json()["code"], "second_factor_needed");
    assert_eq!(
        session(Some(&secret.code(Step(step)))).json()["code"],
        "wrong_code",
        "a code opens once"
    );
    let token = session(Some(&recovery)).json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(session(Some(&recovery)).json()["code"], "wrong_code");
    assert_eq!(stats(&token), 200);
    let make = |by: &str, label: &str| {
        let body = json!({"label": label, "days": 7});
        let made = app.as_bearer(by, "POST", "/api/v1/admin/tokens", body);
        assert_eq!(made.status, 201);
        made.json()["token"].as_str().unwrap().to_owned()
    };
    for days in [0, 3_651] {
        let body = json!({"label": "nightly", "days": days});
        let refused = app.as_bearer(&token, "POST", "/api/v1/admin/tokens", body);
        let errors = &refused.json()["errors"];
        assert_eq!(
            (&errors[0]["field"], &errors[0]["code"]),
            (&json!("days"), &json!("out_of_range"))
        );
    }
    let nightly = make(&token, "nightly");
    let by_nightly = make(&nightly, "made by a token");
    let at_console = make(app.token(), "made by the console's");
    let works = || [&nightly, &by_nightly, &at_console].map(|token| stats(token));
    assert_eq!(works(), [200, 200, 200]);
    assert_eq!(
        app.as_bearer(&teacher, "POST", "/api/v1/admin/tokens", json!({}))
            .status,
        403
    );
    let export = app
        .as_bearer(&token, "GET", "/api/v1/account/export", Value::Null)
        .json();
    assert_eq!(export["records"]["staff_reads"][0]["by"], "console");
    // A token is good for as long as the account that made it operates.
    let role = |has_it| {
        let address = email("o@exemple.ca");
        accounts.set_role(&Actor::Console, &address, ServiceRole::Operator, has_it)
    };
    role(false).unwrap();
    assert_eq!(works(), [401, 401, 200]);
    role(true).unwrap();
    assert_eq!(works(), [200, 200, 200]);
    let closed = app.as_bearer(&token, "DELETE", "/api/v1/account", Value::Null);
    assert_eq!(closed.status, 200, "{}", closed.text);
    assert_eq!(works(), [401, 401, 200]);
    let left = app.tokens().list().unwrap();
    assert!(left.iter().all(|token| token.made_by.is_none()));
}

#[test]
fn codes_are_guessed_ten_times_by_who_knows_the_password_and_never_by_others() {
    let app = TestApp::empty();
    let address = "o@exemple.ca";
    let token = settle(&app, address);
    with_second_factor(&app, address, &token);
    // Each from another place, so that the limits of one place do not count.
    let from = std::cell::Cell::new(0);
    let session = |password: &str, code: &str| {
        from.set(from.get() + 1);
        let body = json!({"email": address, "password": password, "code": code, "token": true});
        let request = axum::http::Request::post("/api/v1/session")
            .extension(Peer([192, 0, 2, from.get()].into()));
        app.send(request.body(body.to_string().into()).unwrap())
    };
    for _ in 0..20 {
        let stranger = session("not the password", "000000");
        assert_eq!(stranger.json()["code"], "wrong_credentials");
    }
    let codes: Vec<u16> = (0..20)
        .map(|guess| {
            let answer = session(PASSWORD, &format!("{guess:06}"));
            answer.status.as_u16()
        })
        .collect();
    let tried = codes.iter().filter(|status| **status == 401).count();
    // One of the ten was spent on setting it up.
    assert_eq!((tried, codes[19]), (9, 429), "{codes:?}");
}

fn secret_of(base32: &str) -> TotpSecret {
    let bits = base32.bytes().flat_map(|c| {
        let five = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
            .iter()
            .position(|known| *known == c)
            .unwrap();
        (0..5).rev().map(move |place| five >> place & 1)
    });
    let bits: Vec<usize> = bits.collect();
    let bytes: Vec<u8> = bits
        .chunks(8)
        .map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | *bit as u8))
        .collect();
    TotpSecret::new(bytes.try_into().unwrap())
}

/// Every byte of every file, and every name.
fn every_byte(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(path.display().to_string().bytes());
        bytes.extend(if path.is_dir() {
            every_byte(&path)
        } else {
            std::fs::read(path).unwrap_or_default()
        });
    }
    bytes
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn after_deletion_no_file_tells_of_the_person_and_no_key_opens_what_was() {
    let app = catalogue();
    let token = settle(&app, "zoe.disparue@exemple.ca");
    let other = settle(&app, "reste@exemple.ca");
    for token in [&token, &other] {
        consent(&app, token, "grant");
        app.as_bearer(
            token,
            "PUT",
            "/api/v1/profile",
            json!({"devices": ["ipad"], "student_types": ["gifted"]}),
        );
        app.as_bearer(
            token,
            "POST",
            "/api/v1/search",
            json!({"q": "xylophone mauve de zoé"}),
        );
    }
    let copied = tempfile::tempdir().unwrap();
    app.server.app.store.close().unwrap();
    copy(&app.folder().join("store"), &copied.path().join("store"));
    let receipt = app.as_bearer(&token, "DELETE", "/api/v1/account", Value::Null);
    assert_eq!(receipt.status, 200, "{}", receipt.text);
    let receipt = receipt.json();
    assert!(receipt["kept_until"].as_str() > receipt["erased_at"].as_str());
    let kept = receipt["kept"].as_array().unwrap();
    let until = |category: &str| {
        let told = kept.iter().find(|told| told["category"] == category);
        told.unwrap()["until"].as_str().unwrap().to_owned()
    };
    assert_eq!(until("consents"), receipt["kept_until"]);
    assert!(until("decisions") < until("consents"));
    assert_eq!(
        app.as_bearer(&token, "GET", "/api/v1/profile", Value::Null)
            .status,
        401
    );
    let session = json!({"email": "zoe.disparue@exemple.ca", "password": PASSWORD}).to_string();
    assert_eq!(app.request("POST", "/api/v1/session", session).status, 401);
    app.server.app.store.close().unwrap();
    let bytes = every_byte(app.folder());
    let secret = token.trim_start_matches("classo_se_");
    let living = other.trim_start_matches("classo_se_");
    for text in [
        "zoe.disparue",
        "xylophone mauve",
        PASSWORD,
        secret,
        living,
        "reste@exemple",
    ] {
        let found = bytes
            .windows(text.len())
            .any(|window| window.eq_ignore_ascii_case(text.as_bytes()));
        // What waits to be sent to who is still there may lie in the outbox, as mail in clear.
        assert!(!found || text == "reste@exemple", "{text}");
    }
    // Every key of the keyring as it is now, on the store as it was.
    copy(&app.folder().join("keys"), &copied.path().join("keys"));
    let old = classo::app::App::open(copied.path()).unwrap();
    let gone: PersonId = serde_json::from_value(receipt["person"].clone()).unwrap();
    assert!(!old.people.vault.persons().contains(&gone));
    let read = old
        .people
        .vault
        .read_one::<classo::domain::account::Account>(&Actor::Console, gone, Purpose::Account);
    assert!(read.is_err() || read.unwrap().get().is_none());
    assert!(
        old.people
            .vault
            .find(&email("zoe.disparue@exemple.ca"))
            .unwrap()
            .is_none()
    );
    assert!(
        old.people
            .vault
            .find(&email("reste@exemple.ca"))
            .unwrap()
            .is_some()
    );
    // The address is free again.
    settle(&app, "zoe.disparue@exemple.ca");
}

#[test]
fn an_account_goes_whatever_its_person_asks_meanwhile() {
    let app = catalogue();
    let address = "part@exemple.ca";
    let token = settle(&app, address);
    let vault = &app.server.app.people.vault;
    let person = vault.find(&email(address)).unwrap().unwrap();
    consent(&app, &token, "grant");
    let asked = [
        ("PUT", "/api/v1/profile", json!({"devices": ["ipad"]})),
        (
            "POST",
            "/api/v1/consents",
            json!({"purpose": "ranking-profile", "decision": "withdraw"}),
        ),
        ("POST", "/api/v1/search", json!({"q": "carte"})),
        ("GET", "/api/v1/account/export", Value::Null),
    ];
    std::thread::scope(|scope| {
        for (method, path, body) in asked {
            let (app, token) = (&app, &token);
            scope.spawn(move || {
                for _ in 0..2_000 {
                    let answer = app.as_bearer(token, method, path, body.clone());
                    match answer.status.as_u16() {
                        200 | 201 => {}
                        401 => return,
                        status => panic!("{method} {path}: {status} {}", answer.text),
                    }
                }
                panic!("{method} {path} goes on after the end");
            });
        }
        std::thread::sleep(Duration::from_millis(200));
        let gone = app.as_bearer(&token, "DELETE", "/api/v1/account", Value::Null);
        assert_eq!(gone.status, 200, "{}", gone.text);
    });
    app.server.app.people.decisions.stop();
    assert!(vault.persons().is_empty() && vault.letters().unwrap().is_empty());
    for category in Category::ALL {
        let is_proof = vault.register().category(category).erasure == Some(ErasureRule::ProofKey);
        let left = vault.export(&Actor::Service, person, category);
        assert!(
            is_proof || left.is_ok_and(|left| left.is_empty()),
            "{}",
            category.id()
        );
    }
}

#[test]
fn no_text_that_is_sent_to_a_door_breaks_it_or_comes_back() {
    let app = TestApp::empty();
    let odd = [
        json!(""),
        json!(" \u{feff}\u{200b} "),
        json!("a\u{0}b@exemple.ca"),
        json!("\u{202e}ac.elpmexe@a"),
        json!("👩‍🏫@école.example"),
        json!("a@b.ca\r\nBcc: x@y.ca"),
        json!("e\u{301}".repeat(300)),
        json!("x".repeat(100_000)),
        json!(null),
        json!(-1e300),
        json!([["x"]]),
        json!({"$ne": null}),
    ];
    let doors = [
        (
            "POST",
            "accounts",
            json!({"email": "a@b.ca", "password": PASSWORD, "of_age": true, "lang": "fr"}),
        ),
        (
            "POST",
            "accounts/confirm",
            json!({"token": "x", "password": PASSWORD}),
        ),
        ("POST", "accounts/reset", json!({"email": "a@b.ca"})),
        (
            "PUT",
            "accounts/reset",
            json!({"token": "x", "password": PASSWORD}),
        ),
        (
            "POST",
            "session",
            json!({"email": "a@b.ca", "password": PASSWORD, "code": "1", "token": true}),
        ),
    ];
    let mut places = 0_u32;
    for (method, path, whole) in doors {
        for field in whole.as_object().unwrap().keys() {
            for value in &odd {
                let mut body = whole.clone();
                body[field] = value.clone();
                // Each from another place: limits are not what is tried.
                places += 1;
                let request = axum::http::Request::builder()
                    .method(method)
                    .uri(format!("/api/v1/{path}"))
                    .extension(Peer(std::net::Ipv4Addr::from(places).into()));
                let answer = app.send(request.body(body.to_string().into()).unwrap());
                let told = format!("{method} {path} {field}: {} {}", answer.status, answer.text);
                assert!(
                    matches!(answer.status.as_u16(), 202 | 400 | 401 | 429),
                    "{told}"
                );
                assert!(!answer.text.contains("xxxx"), "{told}");
            }
        }
    }
}

#[test]
fn an_export_has_a_record_of_every_kind() {
    let app = catalogue();
    let token = settle(&app, "a@exemple.ca");
    consent(&app, &token, "grant");
    app.as_bearer(
        &token,
        "PUT",
        "/api/v1/profile",
        json!({"devices": ["ipad"]}),
    );
    app.as_bearer(&token, "POST", "/api/v1/search", json!({"q": "carte"}));
    app.as_bearer(
        &token,
        "POST",
        "/api/v1/account/totp",
        json!({"password": PASSWORD}),
    );
    let vault = &app.server.app.people.vault;
    let person = vault.find(&email("a@exemple.ca")).unwrap().unwrap();
    // What no request of the person makes: a restriction, a read by staff, and a letter that cannot leave yet.
    let now = jiff::Timestamp::now();
    let waiting = WaitingLetter {
        next_try_at: now + jiff::SignedDuration::from_hours(1),
        tries: 1,
        outgoing: classo::domain::letter::OutgoingLetter {
            id: classo::domain::letter::LetterId::from_random([3; 16]),
            to: "a@exemple.ca".into(),
            language: Default::default(),
            written_at: now,
            letter: classo::domain::letter::Letter::PasswordChanged { at: now },
            unsubscribe: None,
        },
    };
    let standing = classo::domain::permit::Standing {
        objections: vec![Purpose::Newsletter],
        restricted: false,
    };
    let changes = classo::store::vault::changes::Changes::default();
    vault
        .hold(person)
        .apply(changes.put(&standing).put_named(b"letter", &waiting))
        .unwrap();
    vault
        .read_one::<classo::domain::account::Account>(&Actor::Console, person, Purpose::Account)
        .unwrap();
    app.request(
        "POST",
        "/api/v1/accounts/reset",
        json!({"email": "a@exemple.ca"}).to_string(),
    );
    let export = eventually("a decision is recorded", || {
        let export = app.as_bearer(&token, "GET", "/api/v1/account/export", Value::Null);
        let export = export.json();
        export["records"]["decisions"][0]
            .is_object()
            .then_some(export)
    });
    let register = vault.register();
    for category in register
        .categories()
        .iter()
        .filter(|category| category.collected)
    {
        let name = category.export.as_deref().unwrap();
        let record = &export["records"][name][0];
        assert!(record.is_object(), "{name}: {export:#}");
        for field in record.as_object().unwrap().keys() {
            assert!(
                category.fields.iter().any(|known| known.name == *field),
                "{name}.{field}"
            );
        }
    }
    assert_eq!(export["records"]["account"][0]["email"], "a@exemple.ca");
    assert_eq!(export["records"]["profile"][0]["devices"], json!(["ipad"]));
    assert!(
        !export.to_string().contains("argon2"),
        "what opens an account is not told"
    );
}
