//! The terms of the vocabularies as pages show them: set, escaped and drawn once, when the server starts.

use std::collections::HashMap;

use askama::Template;

use super::address::Address;
use super::frame::{icon, named_icon};
use super::my_class::MyClass;
use super::texts::{Html, Ui};
use crate::domain::language::Language;
use crate::domain::markup::escape;
use crate::domain::vocabulary::{Ordinal, Term, Vocabularies, Vocabulary};

/// Every vocabulary in both languages, and what is made of them alone.
pub struct Labels([OfLanguage; 2]);

struct OfLanguage {
    vocabularies: HashMap<String, Terms>,
    /// The panel of a class of which nothing is said yet.
    unsaid_class: Html,
}

/// The terms of one vocabulary, by their order.
pub struct Terms {
    terms: Vec<TermView>,
    ordinals: HashMap<String, Ordinal>,
    trees: Vec<Tree>,
}

pub struct TermView {
    pub id: Html,
    pub order: Ordinal,
    /// How deep it lies, 0 at the top.
    pub depth: usize,
    pub label: Html,
    /// The label without elements in it, for options and titles.
    pub plain: Html,
    /// Of a device or a system: the drawing beside its label, and the one in its place.
    pub drawings: Option<[Html; 2]>,
}

/// A root, and everything below it in the vocabulary's order: two floors, however deep the vocabulary is.
pub struct Tree {
    pub root: Ordinal,
    pub below: Vec<Ordinal>,
}

/// Vocabularies whose terms are drawn.
const DRAWN: [&str; 2] = ["device", "os"];

impl Labels {
    pub fn new(vocabularies: &Vocabularies) -> Labels {
        Labels(Language::ALL.map(|language| OfLanguage::new(Ui { language }, vocabularies)))
    }

    /// # Panics
    /// Where no vocabulary has the name: those are the program's own.
    pub fn get(&self, language: Language, vocabulary: &str) -> &Terms {
        let found = self.0[language as usize].vocabularies.get(vocabulary);
        found.expect("a vocabulary of the program")
    }

    /// The panel "My class" of an address.
    pub fn class(&self, ui: Ui, address: &Address) -> Html {
        let says_something = |(name, _): &(String, String)| name.starts_with("my_");
        match address.params().iter().any(says_something) {
            true => MyClass::new(ui, |name| self.get(ui.language, name), address).html(),
            false => self.0[ui.language as usize].unsaid_class.clone(),
        }
    }
}

impl OfLanguage {
    fn new(ui: Ui, vocabularies: &Vocabularies) -> OfLanguage {
        let terms = vocabularies.all().map(|vocabulary| {
            let terms = Terms::new(ui, vocabulary);
            (vocabulary.name().to_owned(), terms)
        });
        let vocabularies: HashMap<String, Terms> = terms.collect();
        let class = MyClass::new(ui, |name| &vocabularies[name], &Address::default());
        OfLanguage {
            unsaid_class: class.html(),
            vocabularies,
        }
    }
}

impl Terms {
    fn new(ui: Ui, vocabulary: &Vocabulary) -> Terms {
        let terms = vocabulary.terms();
        let mut trees: Vec<Tree> = Vec::new();
        let mut places = HashMap::new();
        for term in terms {
            let root = vocabulary.lineage(term.order).last().unwrap_or(term.order);
            let place = *places.entry(root).or_insert_with(|| {
                trees.push(Tree {
                    root,
                    below: Vec::new(),
                });
                trees.len() - 1
            });
            if term.order != root {
                trees[place].below.push(term.order);
            }
        }
        let ordinals = terms.iter().map(|term| (term.id.clone(), term.order));
        Terms {
            ordinals: ordinals.collect(),
            terms: terms
                .iter()
                .map(|term| TermView::new(ui, vocabulary, term))
                .collect(),
            trees,
        }
    }

    pub fn all(&self) -> &[TermView] {
        &self.terms
    }

    pub fn at(&self, order: Ordinal) -> &TermView {
        &self.terms[usize::from(order)]
    }

    pub fn find(&self, id: &str) -> Option<&TermView> {
        self.ordinals.get(id).map(|order| self.at(*order))
    }

    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }
}

impl TermView {
    fn new(ui: Ui, vocabulary: &Vocabulary, term: &Term) -> TermView {
        let plain = ui.plain(&term.label);
        let is_drawn = DRAWN.contains(&vocabulary.name());
        TermView {
            id: Html::of_trusted(escape(&term.id)),
            order: term.order,
            depth: vocabulary.lineage(term.order).count() - 1,
            label: ui.label(&term.label),
            drawings: is_drawn.then(|| [icon(&term.id), named_icon(&term.id, &plain)]),
            plain: Html::of_trusted(escape(&plain)),
        }
    }

    /// The drawing that stands beside the label.
    pub fn icon(&self) -> Option<&Html> {
        self.drawings.as_ref().map(|[beside, _]| beside)
    }
}

impl MyClass<'_> {
    fn html(&self) -> Html {
        let panel = self.render();
        Html::of_trusted(panel.expect("a panel is written into memory"))
    }
}
