//! Signals of quality: what a record offers to trust it by, whoever asks.

use jiff::civil::Date;

use crate::domain::language::Bilingual;
use crate::query::attributes::{Address, Merit};
use crate::ranking::signal::{Input, Seen, Signal};
use crate::ranking::weights::Freshness;

/// All signals of quality as of a day.
pub fn all(freshness: &Freshness, today: Date) -> Vec<Box<dyn Signal>> {
    let this_month = (i32::from(today.year()) - 1970) * 12 + i32::from(today.month()) - 1;
    let half_life = freshness.half_life_months;
    let of_merit = |name, value: fn(&Merit) -> f64, sentence| -> Box<dyn Signal> {
        Box::new(Quality {
            name,
            value: Box::new(value),
            sentence,
            is_against: false,
        })
    };
    vec![
        of_merit(
            "evidence",
            |merit| f64::from(merit.evidence) / 2.0,
            evidence,
        ),
        of_merit("support", |merit| f64::from(merit.support) / 3.0, support),
        of_merit(
            "completeness",
            |merit| f64::from(merit.completeness) / 20.0,
            completeness,
        ),
        Box::new(Quality {
            name: "freshness",
            // Halves every half-life; an update of the future counts as one of today.
            value: Box::new(move |merit| match merit.updated_month {
                0 => 0.0,
                month => {
                    0.5_f64.powf(f64::from((this_month - i32::from(month)).max(0)) / half_life)
                }
            }),
            sentence: freshness_sentence,
            is_against: false,
        }),
        of_merit(
            "verified",
            |merit| f64::from(merit.verified) / 5.0,
            verified,
        ),
        Box::new(Quality {
            name: "dead_link",
            value: Box::new(|merit| f64::from(u8::from(merit.address == Address::Dead))),
            sentence: dead_link,
            is_against: true,
        }),
    ]
}

/// A signal that looks at the merit alone.
struct Quality {
    name: &'static str,
    value: Box<dyn Fn(&Merit) -> f64 + Send + Sync>,
    sentence: fn(&Merit, f64) -> Bilingual,
    is_against: bool,
}

impl Signal for Quality {
    fn name(&self) -> &'static str {
        self.name
    }

    fn input(&self) -> Input {
        Input::Merit
    }

    fn is_against(&self) -> bool {
        self.is_against
    }

    fn value(&self, seen: Seen) -> f64 {
        match seen {
            Seen::Merit(merit) => (self.value)(merit),
            _ => 0.0,
        }
    }

    fn sentence(&self, seen: Seen) -> Bilingual {
        match seen {
            Seen::Merit(merit) => (self.sentence)(merit, (self.value)(merit)),
            _ => Bilingual::new("", ""),
        }
    }
}

fn evidence(merit: &Merit, _: f64) -> Bilingual {
    match merit.evidence {
        2 => Bilingual::new(
            "Appuyée par la recherche ou des témoignages.",
            "Backed by research or testimonials.",
        ),
        1 => Bilingual::new("Ses bienfaits sont décrits.", "Its benefits are described."),
        _ => Bilingual::new(
            "Ni recherche ni témoignage connus.",
            "No known research or testimonial.",
        ),
    }
}

fn support(merit: &Merit, _: f64) -> Bilingual {
    match merit.support {
        0 => Bilingual::new("Aucun soutien connu.", "No known support."),
        1 => Bilingual::new(
            "Vient avec un tutoriel, un guide ou du soutien.",
            "Comes with a tutorial, a guide or support.",
        ),
        _ => Bilingual::new(
            "Bien accompagnée : tutoriel, guide ou soutien.",
            "Well supported: tutorial, guide or help desk.",
        ),
    }
}

fn completeness(merit: &Merit, _: f64) -> Bilingual {
    let (known, of) = (merit.completeness, 20);
    Bilingual::new(
        format!("Fiche remplie : {known} renseignements sur {of}."),
        format!("Its record is filled in: {known} facts out of {of}."),
    )
}

fn freshness_sentence(_: &Merit, value: f64) -> Bilingual {
    match value {
        0.0 => Bilingual::new("Date de mise à jour inconnue.", "Date of update unknown."),
        0.5.. => Bilingual::new("Mise à jour récemment.", "Updated recently."),
        _ => Bilingual::new("Mise à jour il y a longtemps.", "Updated long ago."),
    }
}

fn verified(merit: &Merit, _: f64) -> Bilingual {
    match merit.verified {
        0 => Bilingual::new(
            "Aucun renseignement vérifié à une date connue.",
            "No fact verified on a known date.",
        ),
        1 => Bilingual::new(
            "Un renseignement vérifié et daté.",
            "One fact verified and dated.",
        ),
        5 => Bilingual::new(
            "Cinq renseignements ou plus vérifiés et datés.",
            "Five or more facts verified and dated.",
        ),
        n => Bilingual::new(
            format!("{n} renseignements vérifiés et datés."),
            format!("{n} facts verified and dated."),
        ),
    }
}

fn dead_link(merit: &Merit, _: f64) -> Bilingual {
    match merit.address {
        Address::Unopposed => Bilingual::new("Aucun lien brisé connu.", "No broken link known."),
        Address::Dead => Bilingual::new(
            "Son adresse ne répond plus depuis plusieurs jours.",
            "Its address has not answered for several days.",
        ),
    }
}
