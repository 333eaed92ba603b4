//! Two accounts, every endpoint, every verb: neither sees or changes anything of the other's.
//!
//! The test walks the description of the API; an endpoint without a rule here fails it.

use classo::domain::account::PersonId;
use classo::domain::session::{CHALLENGE_PREFIX, Secret};
use serde_json::{Value, json};

use super::people::{PASSWORD, consent, settle, sign_in};
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

/// A body that the endpoint takes from the person who asks; doors are given what belongs to the other.
fn body(verb: &str, path: &str, victim: &str, person: PersonId) -> Value {
    // As the token of a letter to the other would look to somebody who knows the other's id.
    let forged = Secret::new(person, [7; 32]).encode(CHALLENGE_PREFIX);
    match (verb, path) {
        ("POST", "/api/v1/accounts") => {
            json!({"email": victim, "password": "une phrase de curieuse", "of_age": true})
        }
        ("POST", "/api/v1/accounts/confirm") => json!({"token": forged}),
        ("POST", "/api/v1/accounts/reset") => json!({"email": STRANGER}),
        ("PUT", "/api/v1/accounts/reset") => json!({"token": forged, "password": PASSWORD}),
        ("POST", "/api/v1/session") => json!({"email": victim, "password": "une devinette"}),
        ("PUT", "/api/v1/profile") => json!({"role": "librarian"}),
        ("POST", "/api/v1/consents") => {
            json!({"purpose": "newsletter", "decision": "grant", "notice_version": "2026-11-01", "lang": "fr"})
        }
        ("PUT", "/api/v1/account/password") => json!({"current": PASSWORD, "password": PASSWORD}),
        ("PUT", "/api/v1/account/email") => json!({"email": victim, "password": PASSWORD}),
        ("POST", "/api/v1/account/totp") => json!({"password": PASSWORD}),
        ("DELETE", "/api/v1/account/totp") => json!({"password": PASSWORD, "code": "000000"}),
        ("POST", "/api/v1/account/totp/confirm") => json!({"code": "000000"}),
        _ => Value::Null,
    }
}

const STRANGER: &str = "curieuse@exemple.ca";

/// The stranger's token; whoever was signed out meanwhile signs in again.
fn signed_in(app: &TestApp, token: &str) -> String {
    let asked = app.as_bearer(token, "GET", "/api/v1/profile", Value::Null);
    match asked.status.as_u16() {
        200 => token.to_owned(),
        _ => sign_in(
            app,
            json!({"email": STRANGER, "password": PASSWORD, "token": true}),
        ),
    }
}

#[test]
fn every_endpoint_has_a_rule_and_every_rule_an_endpoint() {
    let endpoints = endpoints(&TestApp::empty());
    for (verb, path) in &endpoints {
        assert!(
            rule(verb, path).is_some(),
            "{verb} {path} has no rule: say who it is for"
        );
    }
    for (verb, path, _) in RULES {
        let is_there = |(known, place): &(String, String)| known == verb && place == path;
        assert!(endpoints.iter().any(is_there), "{verb} {path} is gone");
    }
}

#[test]
fn neither_of_two_people_sees_or_changes_anything_of_the_other() {
    let app = TestApp::empty();
    let address = "victime@exemple.ca";
    let [victim, mut stranger] = [address, STRANGER].map(|address| settle(&app, address));
    let profile = json!({"role": "teacher", "devices": ["ipad"]});
    app.as_bearer(&victim, "PUT", "/api/v1/profile", profile);
    let granted = consent(&app, &victim, "grant");
    let consent = granted["id"].as_str().unwrap();
    let of_the_victim = || {
        let answer = app.as_bearer(&victim, "GET", "/api/v1/account/export", Value::Null);
        let mut export = answer.json();
        export["made_at"] = Value::Null;
        // A letter that is delivered goes.
        export["records"]["messages"] = Value::Null;
        export
    };
    let before = of_the_victim();
    let person: PersonId = serde_json::from_value(before["person"].clone()).unwrap();
    let assert_silent = |text: &str, place: &str| {
        for told in ["victime", &person.to_string()] {
            assert!(!text.contains(told), "{place}: {text}");
        }
        assert_eq!(of_the_victim(), before, "{place} changed the other's");
    };
    let mut endpoints = endpoints(&app);
    // Last what ends the stranger.
    endpoints.sort_by_key(|(verb, path)| verb == "DELETE" && path == "/api/v1/account");
    for (verb, path) in &endpoints {
        let place = format!("{verb} {path}");
        let rule = rule(verb, path).unwrap_or_else(|| panic!("{place} has no rule"));
        let concrete = path
            .replace("{id}", consent)
            .replace("{facet}", "device")
            .replace("{name}", "device");
        let body = body(verb, path, address, person);
        if matches!(rule, Rule::Own | Rule::Operators) && place != "GET /api/v1/consents" {
            let visitor = app.request(verb, &concrete, body.to_string());
            assert_eq!(visitor.status, 401, "{place} for a visitor");
            assert_silent(&visitor.text, &format!("{place} for a visitor"));
        }
        stranger = signed_in(&app, &stranger);
        if let (Rule::Own, Value::Object(fields)) = (rule, &body) {
            let mut naming = fields.clone();
            naming.insert("person".into(), json!(person));
            let answer = app.as_bearer(&stranger, verb, &concrete, naming.into());
            assert_eq!(answer.status, 400, "{place} takes no other person");
            assert_silent(&answer.text, &format!("{place} about the other"));
        }
        let answer = app.as_bearer(&stranger, verb, &concrete, body);
        let status = answer.status.as_u16();
        match rule {
            Rule::Operators => assert_eq!(status, 403, "{place}"),
            Rule::Own if path.contains("{id}") => assert_eq!(status, 404, "{place}"),
            // A code that was guessed.
            Rule::Own if path.contains("totp") && answer.text.contains("wrong_code") => {}
            Rule::Own => assert!(answer.status.is_success(), "{place}: {}", answer.text),
            Rule::Door => assert!(matches!(status, 202 | 400 | 401), "{place}: {status}"),
            Rule::Public => assert_ne!(status, 500, "{place}"),
        }
        assert_silent(&answer.text, &place);
    }
}

#[test]
fn no_path_takes_a_verb_that_is_not_described() {
    let app = TestApp::empty();
    let token = settle(&app, STRANGER);
    let endpoints = endpoints(&app);
    for (_, path) in &endpoints {
        for verb in VERBS {
            if !endpoints.contains(&(verb.to_owned(), path.clone())) {
                let answer = app.as_bearer(&token, verb, path, json!({}));
                assert_eq!(answer.status, 405, "{verb} {path}");
            }
        }
    }
}
