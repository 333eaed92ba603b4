//! The facts that resources are compared by. One list: an entry holds everything about a fact.

use super::comparison::{Cell, Compared, Compares};
use crate::domain::language::Bilingual;
use crate::domain::resource::{Internet, Resource};
use crate::domain::typography::money;

/// Something a teacher or a school head wants to know of a resource.
pub(super) struct Fact {
    /// A stable name.
    pub name: &'static str,
    /// In French and English.
    pub label: [&'static str; 2],
    /// The field of the record whose check dates it.
    pub field: &'static str,
    /// What to ask the publisher when it is not known; nothing where the catalogue itself has to say it.
    pub ask: Option<[&'static str; 2]>,
    pub read: fn(&Compares, &Compared) -> Cell,
}

/// Every fact, in the order in which they are told.
pub(super) const ALL: [Fact; 23] = [
    Fact {
        name: "price",
        label: ["Prix", "Price"],
        field: "price",
        ask: Some([
            "Combien la ressource coûte-t-elle à une école, taxes comprises?",
            "What does the resource cost a school, taxes included?",
        ]),
        read: |compares, one| price(compares, one.resource),
    },
    Fact {
        name: "year",
        label: ["Coût pour un an", "Cost for one year"],
        field: "price",
        ask: Some([
            "Combien coûterait une année pour notre nombre d’élèves et de classes?",
            "What would a year cost for our number of students and classes?",
        ]),
        read: |compares, one| year(compares, one.resource),
    },
    Fact {
        name: "level",
        label: ["Niveaux", "Levels"],
        field: "levels",
        ask: Some([
            "À quels niveaux du programme québécois la ressource correspond-elle?",
            "Which levels of the Québec curriculum does the resource match?",
        ]),
        read: |compares, one| compares.listed("level", &one.resource.levels),
    },
    Fact {
        name: "subject",
        label: ["Matières", "Subjects"],
        field: "subjects",
        ask: None,
        read: |compares, one| compares.listed("subject", &one.resource.subjects),
    },
    Fact {
        name: "type",
        label: ["Genre", "Kind"],
        field: "type",
        ask: None,
        read: |compares, one| compares.listed("type", &one.resource.types),
    },
    Fact {
        name: "device",
        label: ["Appareils", "Devices"],
        field: "devices",
        ask: Some([
            "Sur quels appareils et quels systèmes fonctionne-t-elle?",
            "Which devices and systems does it work on?",
        ]),
        read: |compares, one| compares.listed("device", &one.runs_on.devices),
    },
    Fact {
        name: "os",
        label: ["Systèmes", "Systems"],
        field: "os",
        ask: None,
        read: |compares, one| compares.listed("os", &one.runs_on.os),
    },
    Fact {
        name: "platform",
        label: ["Plateformes", "Platforms"],
        field: "platforms",
        ask: None,
        read: |compares, one| compares.listed("platform", &one.resource.platforms),
    },
    Fact {
        name: "language",
        label: ["Langues", "Languages"],
        field: "languages",
        ask: Some([
            "Dans quelles langues est-elle offerte?",
            "Which languages is it available in?",
        ]),
        read: |compares, one| compares.listed("language", &one.resource.languages),
    },
    Fact {
        name: "access",
        label: ["Compte", "Account"],
        field: "access",
        ask: Some([
            "Faut-il un compte aux élèves, et que doivent-ils fournir pour l’ouvrir?",
            "Do students need an account, and what must they give to open one?",
        ]),
        read: |compares, one| compares.listed("access", one.resource.access.as_slice()),
    },
    Fact {
        name: "advertising",
        label: ["Publicité", "Advertising"],
        field: "advertising",
        ask: Some([
            "Les élèves y voient-ils de la publicité?",
            "Do students see advertising in it?",
        ]),
        read: |_, one| yes_or_no(one.resource.advertising),
    },
    Fact {
        name: "offline",
        label: ["Sans connexion Internet", "Without Internet"],
        field: "internet",
        ask: Some([
            "Peut-on s’en servir sans connexion Internet, en tout ou en partie?",
            "Can it be used without an Internet connection, wholly or in part?",
        ]),
        read: |_, one| offline(one.resource),
    },
    Fact {
        name: "tutorial",
        label: ["Tutoriel", "Tutorial"],
        field: "support",
        ask: Some([
            "Y a-t-il un tutoriel pour apprendre à s’en servir?",
            "Is there a tutorial that shows how to use it?",
        ]),
        read: |_, one| yes_or_no(one.resource.support.and_then(|it| it.tutorial)),
    },
    Fact {
        name: "guide",
        label: ["Guide pédagogique", "Teacher’s guide"],
        field: "support",
        ask: Some([
            "Y a-t-il un guide pour le personnel enseignant?",
            "Is there a guide for teachers?",
        ]),
        read: |_, one| yes_or_no(one.resource.support.and_then(|it| it.guide)),
    },
    Fact {
        name: "support",
        label: ["Soutien technique", "Technical support"],
        field: "support",
        ask: Some([
            "Quel soutien technique offrez-vous, et dans quelles langues?",
            "What technical support do you offer, and in which languages?",
        ]),
        read: |_, one| yes_or_no(one.resource.support.and_then(|it| it.technical_support)),
    },
    Fact {
        name: "evidence",
        label: ["Preuves", "Evidence"],
        field: "evidence",
        ask: Some([
            "Quelles recherches ou quels témoignages appuient ses bienfaits?",
            "Which research or testimonials back its benefits?",
        ]),
        read: |_, one| evidence(one.resource),
    },
    Fact {
        name: "accessibility",
        label: ["Accessibilité", "Accessibility"],
        field: "accessibility",
        ask: Some([
            "Que prévoit-elle pour les élèves ayant des besoins particuliers (sous-titres, lecture à voix haute, navigation au clavier)?",
            "What does it offer students with particular needs (captions, read-aloud, keyboard navigation)?",
        ]),
        read: |_, one| accessibility(one.resource),
    },
    Fact {
        name: "student_data",
        label: [
            "Recueille des renseignements sur les élèves",
            "Collects student data",
        ],
        field: "privacy",
        ask: Some([
            "Quels renseignements personnels recueillez-vous sur les élèves, à quelles fins et pour combien de temps?",
            "What personal information do you collect about students, for what purposes and for how long?",
        ]),
        read: |_, one| {
            let privacy = one.resource.privacy.as_ref();
            yes_or_no(privacy.and_then(|privacy| privacy.student_data))
        },
    },
    Fact {
        name: "hosting_country",
        label: [
            "Pays d’hébergement des données",
            "Country where data is kept",
        ],
        field: "privacy",
        ask: Some([
            "Dans quel pays, et au Canada dans quelle province, ces renseignements sont-ils conservés?",
            "In which country, and in Canada in which province, is this information kept?",
        ]),
        read: |_, one| {
            let privacy = one.resource.privacy.as_ref();
            said(privacy.and_then(|privacy| privacy.hosting_country.as_deref().map(country)))
        },
    },
    Fact {
        name: "privacy_policy",
        label: ["Politique de confidentialité", "Privacy policy"],
        field: "privacy",
        ask: Some([
            "Où peut-on lire votre politique de confidentialité?",
            "Where can your privacy policy be read?",
        ]),
        read: |_, one| {
            let privacy = one.resource.privacy.as_ref();
            said(privacy.and_then(|privacy| privacy.policy_url.as_ref().map(same)))
        },
    },
    Fact {
        name: "licence",
        label: ["Licence", "Licence"],
        field: "licence",
        ask: Some([
            "Sous quelle licence peut-on la copier ou l’adapter pour une classe?",
            "Under which licence may it be copied or adapted for a class?",
        ]),
        read: |_, one| said(one.resource.licence.as_ref().map(same)),
    },
    Fact {
        name: "headquarters",
        label: ["Siège de l’éditeur", "Publisher’s headquarters"],
        field: "publisher",
        ask: None,
        read: |compares, one| {
            let publisher = one.resource.publisher.as_ref();
            let place = publisher.and_then(|publisher| publisher.headquarters.as_ref());
            compares.listed("headquarters", place.map_or(&[], std::slice::from_ref))
        },
    },
    Fact {
        name: "updated",
        label: ["Dernière mise à jour", "Last update"],
        field: "updated_at",
        ask: Some([
            "Quand a-t-elle été mise à jour la dernière fois?",
            "When was it last updated?",
        ]),
        read: |_, one| said(one.resource.updated_at.as_ref().map(same)),
    },
];

fn price(compares: &Compares, resource: &Resource) -> Cell {
    let model = resource
        .price
        .as_ref()
        .and_then(|price| price.model.as_ref());
    Cell {
        cents: compares.currencies.cost_cents(resource),
        ..compares.listed("price", model.map_or(&[], std::slice::from_ref))
    }
}

/// What a first year costs so many students or classes. What has a free version says so beside the price of the whole.
fn year(compares: &Compares, resource: &Resource) -> Cell {
    let model = resource
        .price
        .as_ref()
        .and_then(|price| price.model.as_deref());
    let offers = compares.currencies.year_cents(resource, compares.buyers);
    let (cents, text) = match (model, offers) {
        (Some("free"), _) => (Some(0), Some(Bilingual::new("Gratuit", "Free"))),
        (Some("freemium"), None) => {
            let text = Bilingual::new("Version gratuite", "Free version");
            (Some(0), Some(text))
        }
        (Some("freemium"), Some(cents)) => {
            let Bilingual { fr, en } = money(cents);
            let text = Bilingual::new(
                format!("Version gratuite; version complète : {fr}"),
                format!("Free version; full version: {en}"),
            );
            (Some(0), Some(text))
        }
        (_, Some(cents)) => (Some(cents), Some(money(cents))),
        (_, None) => (None, None),
    };
    Cell {
        cents,
        ..said(text)
    }
}

fn offline(resource: &Resource) -> Cell {
    match resource.internet {
        Some(Internet::Partial) => Cell {
            text: Some(Bilingual::new("En partie", "In part")),
            ..yes_or_no(Some(false))
        },
        internet => yes_or_no(internet.map(|internet| internet == Internet::None)),
    }
}

fn evidence(resource: &Resource) -> Cell {
    let found = resource.evidence.as_ref().map(|evidence| {
        (
            evidence.research.len(),
            evidence.testimonials.len(),
            evidence.benefits.is_empty(),
        )
    });
    said(match found {
        None | Some((0, 0, true)) => None,
        Some((0, 0, false)) => Some(Bilingual::new("Bienfaits énoncés", "Benefits stated")),
        Some((research, testimonials, _)) => Some(Bilingual::new(
            format!("Recherches : {research}; témoignages : {testimonials}"),
            format!("Research: {research}; testimonials: {testimonials}"),
        )),
    })
}

/// What records say of accessibility in the words of schema.org, said to a reader; other words stay as they are.
const ACCESSIBILITY: [(&str, &str, &str); 9] = [
    ("adjustable-pace", "Rythme ajustable", "Adjustable pace"),
    ("Captions", "Sous-titres", "Captions"),
    (
        "dyslexia-font",
        "Police pour la dyslexie",
        "Font for dyslexia",
    ),
    ("high-contrast", "Contraste élevé", "High contrast"),
    (
        "keyboard-navigation",
        "Navigation au clavier",
        "Keyboard navigation",
    ),
    ("Pictograms", "Pictogrammes", "Pictograms"),
    (
        "simple-instructions",
        "Consignes simples",
        "Simple instructions",
    ),
    ("text-to-speech", "Lecture à voix haute", "Read-aloud"),
    ("Transcripts", "Transcriptions", "Transcripts"),
];

fn accessibility(resource: &Resource) -> Cell {
    let labels = resource.accessibility.iter().map(|feature| {
        let known = ACCESSIBILITY.iter().find(|(name, ..)| name == feature);
        known.map_or((feature.as_str(), feature.as_str()), |(_, fr, en)| {
            (*fr, *en)
        })
    });
    let (fr, en): (Vec<&str>, Vec<&str>) = labels.unzip();
    let text = Bilingual::new(fr.join(", "), en.join(", "));
    said((!fr.is_empty()).then_some(text))
}

/// Where most publishers keep what they collect; another country is named by its code.
const COUNTRIES: [(&str, &str, &str); 10] = [
    ("AU", "Australie", "Australia"),
    ("BE", "Belgique", "Belgium"),
    ("CA", "Canada", "Canada"),
    ("CH", "Suisse", "Switzerland"),
    ("DE", "Allemagne", "Germany"),
    ("FR", "France", "France"),
    ("GB", "Royaume-Uni", "United Kingdom"),
    ("IE", "Irlande", "Ireland"),
    ("NL", "Pays-Bas", "Netherlands"),
    ("US", "États-Unis", "United States"),
];

fn country(code: &str) -> Bilingual {
    let known = COUNTRIES.iter().find(|(known, ..)| *known == code);
    known.map_or_else(
        || Bilingual::new(code, code),
        |(_, fr, en)| Bilingual::new(*fr, *en),
    )
}

fn same(text: &String) -> Bilingual {
    Bilingual::new(text, text)
}

pub(super) fn said(text: Option<Bilingual>) -> Cell {
    Cell {
        text,
        ..Cell::default()
    }
}

pub(super) fn yes_or_no(verdict: Option<bool>) -> Cell {
    let text = verdict.map(|yes| match yes {
        true => Bilingual::new("Oui", "Yes"),
        false => Bilingual::new("Non", "No"),
    });
    Cell {
        verdict,
        ..said(text)
    }
}
