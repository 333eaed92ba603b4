//! What the signals of fit say, in both languages.

use crate::domain::language::Bilingual;

/// The sentences of a fit signal; `{mine}` is the asker's value, `{theirs}` the record's.
pub(super) struct Phrases {
    pub exact: Phrase,
    pub near: Phrase,
    pub none: Phrase,
    pub unknown: Phrase,
    /// What is told instead of `near` in a hierarchy.
    pub kin: Option<Kin>,
}

/// The record's value includes the asker's, or is a part of it.
pub(super) struct Kin {
    pub whole: Phrase,
    pub part: Phrase,
}

pub(super) struct Phrase {
    fr: &'static str,
    en: &'static str,
}

impl Phrase {
    /// The phrase as it stands.
    pub fn text(&self) -> Bilingual {
        Bilingual::new(self.fr, self.en)
    }

    /// The phrase with the labels of the asker's and the record's value.
    pub fn fill(&self, mine: &Bilingual, theirs: &Bilingual) -> Bilingual {
        Bilingual::new(
            fill(self.fr, &mine.fr, &theirs.fr),
            fill(self.en, &mine.en, &theirs.en),
        )
    }
}

/// The phrase with its places filled, in one allocation: a page has hundreds of sentences.
fn fill(phrase: &str, mine: &str, theirs: &str) -> String {
    let mut filled = String::with_capacity(phrase.len() + mine.len() + theirs.len());
    let mut rest = phrase;
    while let Some((before, place)) = rest.split_once('{') {
        let (name, after) = place.split_once('}').expect("a phrase closes its places");
        filled.push_str(before);
        filled.push_str(if name == "mine" { mine } else { theirs });
        rest = after;
    }
    filled.push_str(rest);
    filled
}

const SUBJECT_KIN: Kin = Kin {
    whole: Phrase {
        fr: "Matière : {theirs}, qui comprend {mine}.",
        en: "Subject: {theirs}, which includes {mine}.",
    },
    part: Phrase {
        fr: "Matière : {theirs}, une partie de {mine}.",
        en: "Subject: {theirs}, a part of {mine}.",
    },
};

pub(super) const SUBJECT: Phrases = Phrases {
    exact: Phrase {
        fr: "Porte sur votre matière : {mine}.",
        en: "About your subject: {mine}.",
    },
    near: Phrase {
        fr: "Matière : {theirs}, proche de {mine}.",
        en: "Subject: {theirs}, close to {mine}.",
    },
    none: Phrase {
        fr: "Ne porte pas sur vos matières.",
        en: "Not about your subjects.",
    },
    unknown: Phrase {
        fr: "Matière non précisée.",
        en: "Subject not stated.",
    },
    kin: Some(SUBJECT_KIN),
};

pub(super) const LEVEL: Phrases = Phrases {
    exact: Phrase {
        fr: "Convient à votre niveau : {mine}.",
        en: "Suits your level: {mine}.",
    },
    near: Phrase {
        fr: "Niveau visé : {theirs}, proche de {mine}.",
        en: "Intended level: {theirs}, close to {mine}.",
    },
    none: Phrase {
        fr: "Conçue pour d'autres niveaux que les vôtres.",
        en: "Made for other levels than yours.",
    },
    unknown: Phrase {
        fr: "Niveau non précisé.",
        en: "Level not stated.",
    },
    kin: Some(Kin {
        whole: Phrase {
            fr: "Niveau visé : {theirs} (comprend {mine}).",
            en: "Intended level: {theirs} (includes {mine}).",
        },
        part: Phrase {
            fr: "Niveau visé : {theirs} (dans {mine}).",
            en: "Intended level: {theirs} (part of {mine}).",
        },
    }),
};

pub(super) const STUDENT_TYPE: Phrases = Phrases {
    exact: Phrase {
        fr: "Pensée pour vos élèves : {mine}.",
        en: "Designed for your students: {mine}.",
    },
    near: Phrase {
        fr: "Public visé : {theirs}, proche de {mine}.",
        en: "Intended for: {theirs}, close to {mine}.",
    },
    none: Phrase {
        fr: "Pensée pour d'autres types d'élèves.",
        en: "Designed for other types of students.",
    },
    unknown: Phrase {
        fr: "Sans public particulier.",
        en: "For no particular type of students.",
    },
    kin: None,
};

pub(super) const DEVICE: Phrases = Phrases {
    exact: Phrase {
        fr: "Fonctionne sur vos appareils : {mine}.",
        en: "Works on your devices: {mine}.",
    },
    near: Phrase {
        fr: "Fonctionne sur {theirs}.",
        en: "Works on {theirs}.",
    },
    none: Phrase {
        fr: "Ne fonctionne pas sur vos appareils.",
        en: "Does not work on your devices.",
    },
    unknown: Phrase {
        fr: "Appareils non précisés.",
        en: "Devices not stated.",
    },
    kin: None,
};

pub(super) const OS: Phrases = Phrases {
    exact: Phrase {
        fr: "Fonctionne avec {mine}.",
        en: "Works with {mine}.",
    },
    near: Phrase {
        fr: "Fonctionne avec {theirs}.",
        en: "Works with {theirs}.",
    },
    none: Phrase {
        fr: "Ne fonctionne pas avec vos systèmes.",
        en: "Does not work with your systems.",
    },
    unknown: Phrase {
        fr: "Systèmes non précisés.",
        en: "Systems not stated.",
    },
    kin: None,
};

pub(super) const PLATFORM: Phrases = Phrases {
    exact: Phrase {
        fr: "S'intègre à {mine}.",
        en: "Integrates with {mine}.",
    },
    near: Phrase {
        fr: "S'intègre à {theirs}.",
        en: "Integrates with {theirs}.",
    },
    none: Phrase {
        fr: "Ne s'intègre pas à vos plateformes.",
        en: "Does not integrate with your platforms.",
    },
    unknown: Phrase {
        fr: "Intégrations non précisées.",
        en: "Integrations not stated.",
    },
    kin: None,
};

pub(super) const LANGUAGE: Phrases = Phrases {
    exact: Phrase {
        fr: "Existe dans votre langue : {mine}.",
        en: "Exists in your language: {mine}.",
    },
    near: Phrase {
        fr: "Langue : {theirs}.",
        en: "Language: {theirs}.",
    },
    none: Phrase {
        fr: "N'existe pas dans vos langues.",
        en: "Does not exist in your languages.",
    },
    unknown: Phrase {
        fr: "Langue non précisée.",
        en: "Language not stated.",
    },
    kin: None,
};

pub(super) const ASKED_SUBJECT: Phrases = Phrases {
    exact: Phrase {
        fr: "Porte sur la matière que vous cherchez : {mine}.",
        en: "About the subject you are looking for: {mine}.",
    },
    near: Phrase {
        fr: "Matière : {theirs}, proche de celle que vous cherchez : {mine}.",
        en: "Subject: {theirs}, close to the one you are looking for: {mine}.",
    },
    none: Phrase {
        fr: "Ne porte pas sur la matière que vous cherchez.",
        en: "Not about the subject you are looking for.",
    },
    unknown: Phrase {
        fr: "Matière non précisée.",
        en: "Subject not stated.",
    },
    kin: Some(SUBJECT_KIN),
};

pub(super) const ASKED_TYPE: Phrases = Phrases {
    exact: Phrase {
        fr: "Le genre de ressource que vous cherchez : {mine}.",
        en: "The kind of resource you are looking for: {mine}.",
    },
    near: Phrase {
        fr: "Un genre de ressource proche de celui que vous cherchez : {theirs}.",
        en: "A kind of resource close to the one you are looking for: {theirs}.",
    },
    none: Phrase {
        fr: "Pas le genre de ressource que vous cherchez.",
        en: "Not the kind of resource you are looking for.",
    },
    unknown: Phrase {
        fr: "Genre de ressource non précisé.",
        en: "Kind of resource not stated.",
    },
    kin: None,
};

pub(super) const ASKED_NEED: Phrases = Phrases {
    exact: Phrase {
        fr: "Convient aux élèves dont vous parlez : {mine}.",
        en: "Suits the students you speak of: {mine}.",
    },
    near: Phrase {
        fr: "Convient à des élèves proches de ceux dont vous parlez : {theirs}.",
        en: "Suits students close to those you speak of: {theirs}.",
    },
    none: Phrase {
        fr: "Ne mentionne pas les élèves dont vous parlez.",
        en: "Does not mention the students you speak of.",
    },
    unknown: Phrase {
        fr: "Élèves visés non précisés.",
        en: "Intended students not stated.",
    },
    kin: None,
};

pub(super) const ROLE: Phrases = Phrases {
    exact: Phrase {
        fr: "Le genre de ressource que cherche votre rôle : {theirs}.",
        en: "The kind of resource your role looks for: {theirs}.",
    },
    near: Phrase {
        fr: "Un genre de ressource utile à votre rôle : {theirs}.",
        en: "A kind of resource useful to your role: {theirs}.",
    },
    none: Phrase {
        fr: "Pas le genre de ressource que cherche d'abord votre rôle.",
        en: "Not the kind of resource your role looks for first.",
    },
    unknown: Phrase {
        fr: "Genre de ressource non précisé.",
        en: "Kind of resource not stated.",
    },
    kin: None,
};
