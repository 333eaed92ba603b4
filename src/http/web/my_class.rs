//! "My class": the visitor's profile, which ranks and never excludes. It lives in the address, or in the browser where the
//! visitor asks for that; never here.

use askama::Template;

use super::address::Address;
use super::frame::icon;
use super::labels::{TermView, Terms};
use super::texts::{Html, Ui};

/// The panel.
#[derive(Template)]
#[template(path = "my_class.html")]
pub struct MyClass<'a> {
    ui: Ui,
    /// What is known of it, in a few words.
    summary: Vec<Html>,
    /// Levels, subjects, role: lists to choose from.
    lists: Vec<List<'a>>,
    /// Devices and the like: choices to tick.
    groups: Vec<Group<'a>>,
    budget: String,
}

struct List<'a> {
    name: String,
    title: &'static Html,
    chosen: Vec<&'a TermView>,
    options: Vec<Choice<'a>>,
}

struct Group<'a> {
    name: String,
    title: &'static Html,
    is_open: bool,
    choices: Vec<Choice<'a>>,
}

struct Choice<'a> {
    term: &'a TermView,
    is_chosen: bool,
}

/// Languages that schools here teach in and teach; any other that the address has is kept.
const LANGUAGES: [&str; 3] = ["fr", "en", "es"];

/// What is told of a class in a few words, in this order.
const TOLD: [&str; 8] = [
    "level",
    "subject",
    "device",
    "student_type",
    "platform",
    "os",
    "language",
    "role",
];

/// What an address says of a class, in a few words.
pub fn summary<'a>(ui: Ui, terms: impl Fn(&str) -> &'a Terms, address: &Address) -> Vec<Html> {
    let mut summary = Vec::new();
    for name in TOLD {
        let (terms, parameter) = (terms(name), format!("my_{name}"));
        let known = address.all(&parameter).filter_map(|id| terms.find(id));
        summary.extend(known.map(|term| term.label.clone()));
    }
    let budget = address
        .first("my_budget")
        .and_then(|text| text.parse().ok());
    if let Some(amount) = budget {
        let amount: f64 = amount;
        let cents = (amount * 100.0).round() as u64;
        summary.push(ui.t1("class.at_most", ui.money(cents)));
    }
    summary
}

impl<'a> MyClass<'a> {
    pub fn new(ui: Ui, terms: impl Fn(&str) -> &'a Terms, address: &Address) -> MyClass<'a> {
        let lists = ["level", "subject", "role"];
        let groups = ["device", "student_type", "platform", "language"];
        MyClass {
            ui,
            summary: summary(ui, &terms, address),
            lists: lists
                .map(|name| list(ui, name, terms(name), address))
                .into(),
            groups: groups
                .map(|name| group(ui, name, terms(name), address))
                .into(),
            budget: address.first("my_budget").unwrap_or_default().to_owned(),
        }
    }

    fn icon(&self) -> Html {
        icon("class")
    }
}

/// The values that are chosen, to be taken back, and a list to choose another from.
fn list<'a>(ui: Ui, vocabulary: &str, terms: &'a Terms, address: &Address) -> List<'a> {
    let name = format!("my_{vocabulary}");
    let said: Vec<&str> = address.all(&name).collect();
    // One person asks in one role: choosing another takes the place of the first.
    let is_single = vocabulary == "role";
    let mut chosen = Vec::new();
    let mut options = Vec::new();
    for term in terms.all() {
        match said.contains(&term.id.as_str()) {
            true if !is_single => chosen.push(term),
            is_chosen => options.push(Choice { term, is_chosen }),
        }
    }
    List {
        title: ui.t(&format!("facet.{}", vocabulary)),
        chosen,
        options,
        name,
    }
}

fn group<'a>(ui: Ui, vocabulary: &str, terms: &'a Terms, address: &Address) -> Group<'a> {
    let name = format!("my_{vocabulary}");
    let said: Vec<&str> = address.all(&name).collect();
    let choices = terms.all().iter().map(|term| Choice {
        term,
        is_chosen: said.contains(&term.id.as_str()),
    });
    let is_offered = |choice: &Choice| match vocabulary {
        "language" => choice.is_chosen || LANGUAGES.contains(&choice.term.id.as_str()),
        _ => true,
    };
    Group {
        title: ui.t(&format!("facet.{}", vocabulary)),
        is_open: vocabulary == "device" || !said.is_empty(),
        choices: choices.filter(is_offered).collect(),
        name,
    }
}
