//! What every page has around its content: head, navigation, language switch, foot.

use std::sync::LazyLock;

use super::address::Address;
use super::assets::{self, Asset};
use super::texts::{Html, Ui};
use super::visit::Visit;
use crate::domain::language::Language;
use crate::domain::markup::escape;
use crate::query::facet::Facet;

/// The fields of the layout's template.
pub struct Frame {
    pub title: Html,
    pub description: Html,
    /// The page's address in each language, absolute, without what only one visitor needs.
    pub alternates: [(&'static str, String); 2],
    pub canonical: String,
    /// Whether search engines should leave it out: there are more states of a search than they could read.
    pub is_unlisted: bool,
    /// The same page in the other language, with the question.
    pub switch: String,
    pub script: &'static str,
    pub style: &'static str,
    /// Which entry of the navigation is this page.
    pub here: &'static str,
    /// The question so far, for the field in the head.
    pub question: String,
    /// Whether only the beginning of a very long question was read.
    pub is_cut: bool,
    ui: Ui,
    /// The class of the visitor and the question, on another page.
    trail: Address,
}

impl Frame {
    pub fn new(visit: &Visit, here: &'static str, title: Html, description: Html) -> Frame {
        let Visit {
            ui,
            address,
            origin,
            ..
        } = visit;
        let path = address.path.get(3..).unwrap_or("/");
        let alternates = ["fr", "en"].map(|tag| (tag, format!("{origin}/{tag}{path}")));
        let other = ui.language.other().tag();
        let switch = address.at(format!("/{other}{path}"));
        Frame {
            title,
            description,
            canonical: alternates[ui.language as usize].1.clone(),
            alternates,
            is_unlisted: false,
            switch: switch.to_string(),
            script: assets::url(Asset::Script),
            style: assets::url(Asset::Style),
            here,
            question: address.first("q").unwrap_or_default().to_owned(),
            ui: *ui,
            trail: class(address),
            is_cut: visit.is_cut,
        }
    }

    /// The same, for a page that search engines leave out.
    pub fn unlisted(self) -> Frame {
        Frame {
            is_unlisted: true,
            ..self
        }
    }

    /// Another page of this language, with the visitor's class.
    pub fn to(&self, page: &str) -> String {
        self.trail.on(page).to_string()
    }

    /// What the kinds of suggestions are called, for the script.
    pub fn kinds(&self) -> &'static Html {
        &KINDS[self.ui.language as usize]
    }

    /// Marks the entry of the navigation that is this page.
    pub fn current(&self, page: &str) -> Html {
        Html::of_trusted(match page == self.here {
            true => " aria-current=\"page\"",
            false => "",
        })
    }

    /// A drawing of the sprite, which says nothing to who does not see it.
    pub fn icon(&self, name: &str) -> Html {
        icon(name)
    }

    pub fn other_language(&self) -> &'static str {
        self.ui.language.other().tag()
    }
}

/// The visitor's class alone, as links carry it along.
pub fn class(address: &Address) -> Address {
    let address = address.clone();
    address.keeping(|name, _| name.starts_with("my_")).carried()
}

static KINDS: LazyLock<[Html; 2]> = LazyLock::new(|| {
    Language::ALL.map(|language| {
        let ui = Ui { language };
        let facet = |facet: Facet| {
            let name = ui.t(&format!("facet.{}", facet.name()));
            format!("|{}={name}", facet.name())
        };
        let title = format!("title={}", ui.t("layout.resource"));
        let kinds = std::iter::once(title).chain(Facet::ALL.map(facet));
        Html::of_trusted(kinds.collect::<String>())
    })
});

/// A drawing of the sprite.
pub fn icon(name: &str) -> Html {
    let sprite = assets::url(Asset::Sprite);
    Html::of_trusted(format!(
        "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{sprite}#{name}\"/></svg>"
    ))
}

/// A drawing that stands for its name.
pub fn named_icon(drawing: &str, name: &str) -> Html {
    let (sprite, name) = (assets::url(Asset::Sprite), escape(name));
    Html::of_trusted(format!(
        "<svg class=\"icon\" role=\"img\"><title>{name}</title><use href=\"{sprite}#{drawing}\"/></svg>"
    ))
}
