//! "My class": the visitor's profile, which ranks and never excludes. It lives in the address, or in the browser where the
//! visitor asks for that; never here.

use super::address::Address;
use super::frame::icon;
use super::texts::{Html, Ui};
use crate::domain::vocabulary::{Term, Vocabularies, Vocabulary};

/// The fields of the panel's template.
pub struct MyClass {
    /// What is known of it, in a few words.
    pub summary: Vec<Html>,
    /// Levels, subjects, role: lists to choose from.
    pub lists: Vec<List>,
    /// Devices and the like: choices to tick.
    pub groups: Vec<Group>,
    pub budget: String,
}

pub struct List {
    pub name: String,
    pub title: &'static Html,
    pub chosen: Vec<Choice>,
    pub options: Vec<Entry>,
}

pub struct Entry {
    pub value: String,
    pub label: String,
    pub depth: usize,
    pub is_chosen: bool,
}

pub struct Group {
    pub name: String,
    pub title: &'static Html,
    pub is_open: bool,
    pub choices: Vec<Choice>,
}

pub struct Choice {
    pub value: String,
    pub label: Html,
    pub icon: Option<Html>,
    pub is_chosen: bool,
}

/// Languages that schools here teach in and teach; any other that the address has is kept.
const LANGUAGES: [&str; 3] = ["fr", "en", "es"];

impl MyClass {
    pub fn new(ui: Ui, vocabularies: &Vocabularies, address: &Address) -> MyClass {
        let mut summary = Vec::new();
        for name in [
            "level",
            "subject",
            "device",
            "student_type",
            "platform",
            "os",
            "language",
            "role",
        ] {
            let vocabulary = vocabularies.get(name);
            let parameter = format!("my_{name}");
            let known = address
                .all(&parameter)
                .filter_map(|id| vocabulary.label(id));
            summary.extend(known.map(|label| ui.label(label)));
        }
        let budget = address.first("my_budget").unwrap_or_default().to_owned();
        if let Ok(amount) = budget.parse::<f64>() {
            let cents = (amount * 100.0).round() as u64;
            summary.push(ui.t1("class.at_most", ui.money(cents)));
        }
        let lists = ["level", "subject", "role"];
        let groups = ["device", "student_type", "platform", "language"];
        MyClass {
            summary,
            lists: lists
                .into_iter()
                .map(|name| list(ui, vocabularies.get(name), address))
                .collect(),
            groups: groups
                .into_iter()
                .map(|name| group(ui, vocabularies.get(name), address))
                .collect(),
            budget,
        }
    }
}

/// The values that are chosen, to be taken back, and a list to choose another from.
fn list(ui: Ui, vocabulary: &Vocabulary, address: &Address) -> List {
    let name = format!("my_{}", vocabulary.name());
    let chosen: Vec<&str> = address.all(&name).collect();
    let terms = || vocabulary.terms().iter();
    // One person asks in one role: choosing another takes the place of the first.
    let is_single = vocabulary.name() == "role";
    let is_chosen = |term: &&Term| chosen.contains(&term.id.as_str());
    let choice = |term: &Term| Choice {
        value: term.id.clone(),
        label: ui.label(&term.label),
        icon: None,
        is_chosen: true,
    };
    let option = |term: &Term| Entry {
        value: term.id.clone(),
        label: ui.plain(&term.label),
        depth: vocabulary.lineage(term.order).count() - 1,
        is_chosen: chosen.contains(&term.id.as_str()),
    };
    List {
        title: ui.t(&format!("facet.{}", vocabulary.name())),
        chosen: match is_single {
            true => Vec::new(),
            false => terms().filter(is_chosen).map(choice).collect(),
        },
        options: match is_single {
            true => terms().map(option).collect(),
            false => terms()
                .filter(|term| !is_chosen(term))
                .map(option)
                .collect(),
        },
        name,
    }
}

fn group(ui: Ui, vocabulary: &Vocabulary, address: &Address) -> Group {
    let name = format!("my_{}", vocabulary.name());
    let chosen: Vec<&str> = address.all(&name).collect();
    let is_device = vocabulary.name() == "device";
    let is_offered = |id: &str| match vocabulary.name() {
        "language" => LANGUAGES.contains(&id) || chosen.contains(&id),
        _ => true,
    };
    let terms = vocabulary
        .terms()
        .iter()
        .filter(|term| is_offered(&term.id));
    let choice = |term: &Term| Choice {
        label: ui.label(&term.label),
        icon: is_device.then(|| icon(&term.id)),
        is_chosen: chosen.contains(&term.id.as_str()),
        value: term.id.clone(),
    };
    Group {
        title: ui.t(&format!("facet.{}", vocabulary.name())),
        is_open: is_device || !chosen.is_empty(),
        choices: terms.map(choice).collect(),
        name,
    }
}
