//! What can be asked, and in which words. One list: an entry holds everything about a question.

use crate::domain::language::Bilingual;
use crate::domain::vocabulary::Vocabularies;
use crate::query::facet::Facet;
use crate::query::need::Topic;

/// Something to ask about.
pub(super) struct Entry {
    pub about: About,
    /// To how many it matters, of those who have no resource in mind yet: everybody teaches some level, few need a certain
    /// platform. Estimates; a question that is mostly answered by "it does not matter" is worth less than its bits.
    pub concern: f64,
    fr: &'static str,
    en: &'static str,
    /// What is asked of who has answered already, one floor down.
    finer: Option<[&'static str; 2]>,
}

/// What a question is about, and how its options are found.
#[derive(Clone, Copy)]
pub(super) enum About {
    /// What the resource is for: who looks for one knows the value, and it is one of the resource's.
    Content(Facet),
    /// What the class has or can accept; several values in one option.
    Access,
    /// A value of `has`: a yes, or it does not matter.
    Feature(&'static str),
    Budget,
}

impl Entry {
    /// The question; or, of what was told roughly, the one that follows.
    pub fn text(&self, is_finer: bool) -> Bilingual {
        match (is_finer, self.finer) {
            (true, Some([fr, en])) => Bilingual::new(fr, en),
            _ => Bilingual::new(self.fr, self.en),
        }
    }
}

/// The options of [`About::Access`]: label in both languages, and the values that suit.
pub(super) const ACCESS: [(&str, &str, &[&str]); 2] = [
    (
        "Non : sans compte, ou compte facultatif",
        "No: no account, or an optional one",
        &["no-account", "account-optional"],
    ),
    (
        "Oui, celui de l’école",
        "Yes, a school account",
        &["no-account", "account-optional", "school-account"],
    ),
];

/// The options of [`About::Budget`], in cents.
pub(super) const BUDGETS: [u64; 3] = [0, 1_000, 5_000];

/// Every question, in the order in which equals are asked.
pub(super) const ALL: [Entry; 18] = [
    Entry {
        about: About::Content(Facet::Level),
        concern: 0.9,
        fr: "À quel niveau enseignez-vous?",
        en: "Which level do you teach?",
        finer: Some([
            "Plus précisément, à quel niveau?",
            "More precisely, which level?",
        ]),
    },
    Entry {
        about: About::Content(Facet::Subject),
        concern: 0.9,
        fr: "Pour quelle matière?",
        en: "For which subject?",
        finer: Some([
            "Plus précisément, sur quoi doit-elle porter?",
            "More precisely, what should it be about?",
        ]),
    },
    Entry {
        about: About::Content(Facet::Type),
        concern: 0.7,
        fr: "Quel genre de ressource cherchez-vous?",
        en: "What kind of resource are you looking for?",
        finer: Some([
            "Plus précisément, quel genre de ressource?",
            "More precisely, which kind of resource?",
        ]),
    },
    Entry {
        about: About::Content(Facet::Device),
        concern: 0.5,
        fr: "Avec quels appareils vos élèves travaillent-ils?",
        en: "Which devices do your students use?",
        finer: Some([
            "Plus précisément, quels appareils?",
            "More precisely, which devices?",
        ]),
    },
    Entry {
        about: About::Content(Facet::Os),
        concern: 0.3,
        fr: "Sur quel système doit-elle fonctionner?",
        en: "Which system must it work on?",
        finer: None,
    },
    Entry {
        about: About::Content(Facet::Language),
        concern: 0.7,
        fr: "Dans quelle langue voulez-vous la ressource?",
        en: "Which language should the resource be in?",
        finer: Some([
            "Plus précisément, quelle langue?",
            "More precisely, which language?",
        ]),
    },
    Entry {
        about: About::Content(Facet::Strategy),
        concern: 0.3,
        fr: "Comment pensez-vous l’utiliser en classe?",
        en: "How do you plan to use it in class?",
        finer: Some([
            "Plus précisément, comment pensez-vous l’utiliser?",
            "More precisely, how do you plan to use it?",
        ]),
    },
    Entry {
        about: About::Content(Facet::StudentType),
        concern: 0.25,
        fr: "Pensez-vous à certains élèves en particulier?",
        en: "Do you have particular students in mind?",
        finer: Some([
            "Plus précisément, pour quels élèves?",
            "More precisely, for which students?",
        ]),
    },
    Entry {
        about: About::Content(Facet::Platform),
        concern: 0.25,
        fr: "À quelle plateforme de votre école doit-elle s’intégrer?",
        en: "Which platform of your school should it work with?",
        finer: Some([
            "Plus précisément, quelle plateforme?",
            "More precisely, which platform?",
        ]),
    },
    Entry {
        about: About::Budget,
        concern: 0.5,
        fr: "Quel est votre budget?",
        en: "What is your budget?",
        finer: None,
    },
    Entry {
        about: About::Access,
        concern: 0.3,
        fr: "Vos élèves peuvent-ils avoir un compte?",
        en: "May your students have an account?",
        finer: None,
    },
    Entry {
        about: About::Feature("no-ads"),
        concern: 0.3,
        fr: "Doit-elle être sans publicité?",
        en: "Must it be free of advertising?",
        finer: None,
    },
    Entry {
        about: About::Feature("offline"),
        concern: 0.15,
        fr: "Doit-elle fonctionner sans connexion Internet?",
        en: "Must it work without an Internet connection?",
        finer: None,
    },
    Entry {
        about: About::Feature("tutorial"),
        concern: 0.2,
        fr: "Voulez-vous un tutoriel pour apprendre à vous en servir?",
        en: "Do you want a tutorial that shows how to use it?",
        finer: None,
    },
    Entry {
        about: About::Feature("guide"),
        concern: 0.2,
        fr: "Voulez-vous qu’un guide pédagogique l’accompagne?",
        en: "Do you want a teacher’s guide with it?",
        finer: None,
    },
    Entry {
        about: About::Content(Facet::Headquarters),
        concern: 0.15,
        fr: "D’où doit venir son éditeur?",
        en: "Where should its publisher be from?",
        finer: None,
    },
    Entry {
        about: About::Feature("support"),
        concern: 0.1,
        fr: "Voulez-vous pouvoir compter sur du soutien technique?",
        en: "Do you want to be able to rely on technical support?",
        finer: None,
    },
    Entry {
        about: About::Feature("evidence"),
        concern: 0.1,
        fr: "Ses bienfaits doivent-ils être appuyés par une recherche ou des témoignages?",
        en: "Must research or testimonials back its benefits?",
        finer: None,
    },
];

/// The costs of which it has to be known how many matches stay within.
pub fn costs() -> &'static [u64] {
    &BUDGETS
}

/// What a facet is called to a teacher.
pub(super) fn facet_name(facet: Facet) -> Bilingual {
    let [fr, en] = match facet {
        Facet::Subject => ["Matière", "Subject"],
        Facet::Level => ["Niveau", "Level"],
        Facet::Device => ["Appareils", "Devices"],
        Facet::Os => ["Système", "System"],
        Facet::Price => ["Prix", "Price"],
        Facet::Type => ["Genre", "Kind"],
        Facet::Language => ["Langue", "Language"],
        Facet::Strategy => ["Façon d’enseigner", "Way of teaching"],
        Facet::Platform => ["Plateforme", "Platform"],
        Facet::StudentType => ["Élèves", "Students"],
        Facet::Access => ["Compte", "Account"],
        Facet::Licence => ["Licence", "Licence"],
        Facet::Headquarters => ["Siège de l’éditeur", "Publisher’s headquarters"],
        Facet::Has => ["Exigence", "Requirement"],
    };
    Bilingual::new(fr, en)
}

/// The option that stands for all values that have none of their own.
pub(super) fn others(facet: Facet) -> Bilingual {
    let [fr, en] = match facet {
        Facet::Subject => ["Une autre matière", "Another subject"],
        Facet::Level => ["Un autre niveau", "Another level"],
        Facet::Device => ["Un autre appareil", "Another device"],
        Facet::Os => ["Un autre système", "Another system"],
        Facet::Language => ["Une autre langue", "Another language"],
        Facet::Strategy => ["D’une autre façon", "Another way"],
        Facet::Platform => ["Une autre plateforme", "Another platform"],
        Facet::StudentType => ["D’autres élèves", "Other students"],
        Facet::Headquarters => ["D’ailleurs", "Elsewhere"],
        _ => ["Autre chose", "Something else"],
    };
    Bilingual::new(fr, en)
}

/// What a topic is called to a teacher.
pub fn name(topic: Topic, vocabularies: &Vocabularies) -> Bilingual {
    match topic {
        Topic::Facet(facet) => facet_name(facet),
        Topic::Feature(feature) => vocabularies
            .get(Facet::Has.name())
            .term(feature)
            .label
            .clone(),
        Topic::Budget => Bilingual::new("Budget", "Budget"),
    }
}
