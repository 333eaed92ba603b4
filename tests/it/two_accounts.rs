//! Two accounts, every endpoint, every verb: neither sees or changes anything of the other's.
//!
//! The test walks the description of the API; an endpoint without a rule here fails it.

use serde_json::{Value, json};

use super::people::{consent, settle};
use super::support::TestApp;

/// What an endpoint is for, with regard to persons.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rule {
    /// The same for everybody: its answer tells nothing of anybody.
    Public,
    /// Visitors with a secret of a letter, or an address.
    Door,
    /// The person who asks, and nobody else.
    Own,
    /// Operators alone: a signed-in person without that role is refused.
    Operators,
}

const RULES: &[(&str, &str, Rule)] = &[
    ("GET", "/healthz", Rule::Public),
    ("GET", "/readyz", Rule::Public),
    ("GET", "/metrics", Rule::Public),
    ("GET", "/api/v1/search", Rule::Public),
    ("POST", "/api/v1/search", Rule::Public),
    ("POST", "/api/v1/recommendations", Rule::Public),
    ("POST", "/api/v1/guidance", Rule::Public),
    ("GET", "/api/v1/compare", Rule::Public),
    ("POST", "/api/v1/dossier", Rule::Public),
    ("GET", "/api/v1/why", Rule::Public),
    ("GET", "/api/v1/suggest", Rule::Public),
    ("GET", "/api/v1/facets/{facet}", Rule::Public),
    ("GET", "/api/v1/resources/{id}", Rule::Public),
    ("GET", "/api/v1/resources/{id}/similar", Rule::Public),
    ("GET", "/api/v1/vocabularies", Rule::Public),
    ("GET", "/api/v1/vocabularies/{name}", Rule::Public),
    ("POST", "/api/v1/accounts", Rule::Door),
    ("POST", "/api/v1/accounts/confirm", Rule::Door),
    ("POST", "/api/v1/accounts/reset", Rule::Door),
    ("PUT", "/api/v1/accounts/reset", Rule::Door),
    ("POST", "/api/v1/session", Rule::Door),
    ("DELETE", "/api/v1/session", Rule::Own),
    ("DELETE", "/api/v1/sessions", Rule::Own),
    ("PUT", "/api/v1/account/password", Rule::Own),
    ("PUT", "/api/v1/account/email", Rule::Own),
    ("POST", "/api/v1/account/totp", Rule::Own),
    ("DELETE", "/api/v1/account/totp", Rule::Own),
    ("POST", "/api/v1/account/totp/confirm", Rule::Own),
    ("GET", "/api/v1/account/export", Rule::Own),
    ("DELETE", "/api/v1/account", Rule::Own),
    ("GET", "/api/v1/profile", Rule::Own),
    ("PUT", "/api/v1/profile", Rule::Own),
    ("DELETE", "/api/v1/profile", Rule::Own),
    ("GET", "/api/v1/consents", Rule::Own),
    ("POST", "/api/v1/consents", Rule::Own),
    ("GET", "/api/v1/consents/{id}/receipt", Rule::Own),
];

/// The verbs that a path of the description may have.
const VERBS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "PATCH"];

fn rule(verb: &str, path: &str) -> Option<Rule> {
    if path.starts_with("/api/v1/admin/") {
        return Some(Rule::Operators);
    }
    RULES
        .iter()
        .find(|(known, place, _)| *known == verb && *place == path)
        .map(|(_, _, rule)| *rule)
}

/// Every endpoint of the description.
fn endpoints(app: &TestApp) -> Vec<(String, String)> {
    let description = app.get("/api/v1/openapi.json").json();
    let mut endpoints = Vec::new();
    for (path, verbs) in description["paths"].as_object().unwrap() {
        for verb in verbs
            .as_object()
            .unwrap()
            .keys()
            .filter(|verb| VERBS.contains(&verb.to_uppercase().as_str()))
        {
            endpoints.push((verb.to_uppercase(), path.clone()));
        }
    }
    assert!(endpoints.len() > 40, "{}", endpoints.len());
    endpoints
}

/// A body that each endpoint can take, naming the other person wherever something can be named.
fn body(path: &str, address: &str, person: &str) -> Value {
    match path {
        "/api/v1/profile" => json!({"role": "librarian"}),
        "/api/v1/consents" => {
            json!({"purpose": "newsletter", "decision": "grant", "notice_version": "2026-11-01", "lang": "fr"})
        }
        "/api/v1/account/password" => {
            json!({"current": "tramway orange du matin", "password": "autre chose encore", "person": person})
        }
        "/api/v1/account/email" => json!({"email": address, "password": "x"}),
        "/api/v1/account/totp" => json!({"password": "x", "code": "1", "email": address}),
        "/api/v1/account/totp/confirm" => json!({"code": "123456", "person": person}),
        _ => Value::Null,
    }
}

#[test]
fn neither_of_two_people_sees_or_changes_anything_of_the_other() {
    let app = TestApp::empty();
    let [victim, stranger] =
        ["victime@exemple.ca", "curieuse@exemple.ca"].map(|address| settle(&app, address));
    app.as_bearer(
        &victim,
        "PUT",
        "/api/v1/profile",
        json!({"role": "teacher", "devices": ["ipad"]}),
    );
    let granted = consent(&app, &victim, "grant");
    let (id, person) = (granted["id"].as_str().unwrap(), person(&app, &victim));
    let of_the_victim = || {
        let mut export = app
            .as_bearer(&victim, "GET", "/api/v1/account/export", Value::Null)
            .json();
        export["made_at"] = Value::Null;
        // A letter that is delivered goes.
        export["records"]["messages"] = Value::Null;
        export
    };
    let before = of_the_victim();
    // Last what ends the stranger's session or account.
    let mut endpoints = endpoints(&app);
    endpoints
        .sort_by_key(|(verb, path)| (verb == "DELETE" && !path.contains("profile"), path.clone()));
    for (verb, path) in &endpoints {
        let rule = rule(verb, path)
            .unwrap_or_else(|| panic!("{verb} {path} has no rule: say who it is for"));
        let concrete = path
            .replace("{id}", id)
            .replace("{facet}", "device")
            .replace("{name}", "device");
        if matches!(rule, Rule::Own | Rule::Operators) {
            let visitor = app.request(
                verb,
                &concrete,
                body(path, "victime@exemple.ca", &person).to_string(),
            );
            let is_cookie_choice = path == "/api/v1/consents" && verb == "GET";
            assert!(
                is_cookie_choice || matches!(visitor.status.as_u16(), 401),
                "{verb} {path} for a visitor: {} {}",
                visitor.status,
                visitor.text
            );
            assert_silent(
                &visitor.text,
                &person,
                &format!("{verb} {path} for a visitor"),
            );
        }
        // Whoever is signed out meanwhile signs in again.
        let stranger = match app
            .as_bearer(&stranger, "GET", "/api/v1/profile", Value::Null)
            .status
            .as_u16()
        {
            200 => stranger.clone(),
            _ => super::people::sign_in(
                &app,
                json!({"email": "curieuse@exemple.ca", "password": super::people::PASSWORD, "token": true}),
            ),
        };
        let answer = app.as_bearer(
            &stranger,
            verb,
            &concrete,
            body(path, "victime@exemple.ca", &person),
        );
        match rule {
            Rule::Operators => assert_eq!(answer.status, 403, "{verb} {path}"),
            Rule::Own if path.contains("{id}") => assert_eq!(answer.status, 404, "{verb} {path}"),
            _ => assert_ne!(answer.status, 500, "{verb} {path}"),
        }
        assert_silent(&answer.text, &person, &format!("{verb} {path}"));
        assert_eq!(
            of_the_victim(),
            before,
            "{verb} {path} changed something of the other's"
        );
        if verb == "DELETE" && path == "/api/v1/account" {
            break;
        }
    }
}

/// Nothing of the other person is in an answer.
fn assert_silent(text: &str, person: &str, place: &str) {
    for told in ["victime", person] {
        assert!(!text.contains(told), "{place}: {text}");
    }
}

fn person(app: &TestApp, token: &str) -> String {
    let export = app
        .as_bearer(token, "GET", "/api/v1/account/export", Value::Null)
        .json();
    export["person"].as_str().unwrap().to_owned()
}
