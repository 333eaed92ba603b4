//! Signals of the question itself.

use crate::domain::language::{Bilingual, Language};
use crate::ranking::signal::{Input, Seen, Signal};

/// How well the words of the question match: the share of the best match there could be.
pub struct TextMatch;

impl Signal for TextMatch {
    fn name(&self) -> &'static str {
        "text"
    }

    fn input(&self) -> Input {
        Input::Text
    }

    fn value(&self, seen: Seen) -> f64 {
        match seen {
            Seen::Text(text) => f64::from(text),
            _ => 0.0,
        }
    }

    fn sentence(&self, seen: Seen) -> Bilingual {
        let percent = (self.value(seen) * 100.0).round();
        match percent {
            60.0.. => Bilingual::new("Répond bien à vos mots.", "Matches your words well."),
            25.0.. => Bilingual::new(
                "Répond en partie à vos mots.",
                "Matches your words in part.",
            ),
            _ => Bilingual::new("Répond un peu à vos mots.", "Matches your words a little."),
        }
    }
}

/// How near to one another the words of the question stand in the resource's texts.
pub struct Proximity;

impl Signal for Proximity {
    fn name(&self) -> &'static str {
        "proximity"
    }

    fn input(&self) -> Input {
        Input::Proximity
    }

    fn value(&self, seen: Seen) -> f64 {
        match seen {
            Seen::Proximity(nearness) => f64::from(nearness),
            _ => 0.0,
        }
    }

    fn sentence(&self, _: Seen) -> Bilingual {
        Bilingual::new(
            "Vos mots y sont proches les uns des autres.",
            "Your words stand near one another there.",
        )
    }
}

/// Whether the resource is described in the asker's language: 1 or 0, a preference and never a filter.
pub struct ReadingLanguage(pub Language);

impl Signal for ReadingLanguage {
    fn name(&self) -> &'static str {
        "reading-language"
    }

    fn input(&self) -> Input {
        Input::Merit
    }

    fn value(&self, seen: Seen) -> f64 {
        match seen {
            Seen::Merit(merit) if merit.speaks & (1 << self.0 as u8) != 0 => 1.0,
            _ => 0.0,
        }
    }

    fn sentence(&self, seen: Seen) -> Bilingual {
        match (self.value(seen) > 0.0, self.0) {
            (true, Language::Fr) => Bilingual::new("Décrite en français.", "Described in French."),
            (true, Language::En) => Bilingual::new("Décrite en anglais.", "Described in English."),
            (false, Language::Fr) => {
                Bilingual::new("N'est pas décrite en français.", "Not described in French.")
            }
            (false, Language::En) => {
                Bilingual::new("N'est pas décrite en anglais.", "Not described in English.")
            }
        }
    }
}
