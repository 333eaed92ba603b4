//! Words that rules alone find akin: the form a glossary would list, and the twin in the other language.
//!
//! A glossary lists *count* and *petit*; people type "counting" and « petites ». And thousands of words differ between
//! English and French by their ending alone (*democracy* and *démocratie*), which a rule says better than a list. Rules
//! propose, others decide: a listed form counts when the glossary has it, a twin when some resource has it.

use crate::domain::language::Language;

/// Shorter words are too easily like another one.
const SHORTEST: usize = 5;

/// What stays of a word when an ending is replaced.
const SHORTEST_ROOT: usize = 3;

const LONG_ROOT: usize = 6;

const VOWELS: [char; 6] = ['a', 'e', 'i', 'o', 'u', 'y'];

/// Endings of inflected words, each with what the listed form may have in its place; folded.
const ENGLISH_FORMS: &[(&str, &[&str])] = &[
    ("iest", &["y"]),
    ("ying", &["y", "ie"]),
    ("ier", &["y"]),
    ("ied", &["y"]),
    ("ily", &["y"]),
    ("ing", &["", "e"]),
    ("est", &["", "e"]),
    ("ed", &["", "e"]),
    ("er", &["", "e"]),
    ("ly", &[""]),
];

const FRENCH_FORMS: &[(&str, &[&str])] = &[
    ("issement", &["ir"]),
    ("issent", &["ir"]),
    ("issant", &["ir"]),
    ("trice", &["teur"]),
    ("aient", &["er", "re", "ir"]),
    ("ement", &["er", "", "e"]),
    ("euse", &["eur", "eux"]),
    ("elle", &["el", "eau"]),
    ("enne", &["en"]),
    ("onne", &["on", "onner"]),
    ("ette", &["et"]),
    ("ante", &["ant", "er"]),
    ("iere", &["ier"]),
    ("ant", &["er", "re", "ir"]),
    ("ent", &["er", "re"]),
    ("ons", &["er", "re"]),
    ("ive", &["if"]),
    ("ait", &["er", "re", "ir"]),
    ("ez", &["er", "re", "ir"]),
    ("ee", &["er", "e"]),
    ("ie", &["ir", "i"]),
    ("e", &["er", ""]),
    ("i", &["ir"]),
];

/// Endings of the same word in English and in French, the longest first; folded.
const TWINS: &[(&str, &str)] = &[
    ("ically", "iquement"),
    ("ologist", "ologue"),
    ("ational", "ationnel"),
    ("ional", "ionnel"),
    ("graphy", "graphie"),
    ("cracy", "cratie"),
    ("icate", "iquer"),
    ("ular", "ulaire"),
    ("ic", "ique"),
    ("ical", "ique"),
    ("ics", "ique"),
    ("ity", "ite"),
    ("ism", "isme"),
    ("ist", "iste"),
    ("ous", "eux"),
    ("ary", "aire"),
    ("ory", "oire"),
    ("ize", "iser"),
    ("ise", "iser"),
    ("yze", "yser"),
    ("ify", "ifier"),
    ("ive", "if"),
    ("ial", "iel"),
    ("ual", "uel"),
    ("ty", "te"),
    ("or", "eur"),
    ("al", "el"),
    ("y", "ie"),
    ("ate", "er"),
    ("", "e"),
    ("e", "er"),
];

/// How many endings of a word are tried each way.
const MOST_TWINS: usize = 2;

/// Forms that a glossary may list a folded word under, each with the language whose rules say so; the likeliest first.
///
/// ```
/// use classo::domain::language::Language;
/// use classo::query::akin::listed_forms;
/// assert!(listed_forms("running").contains(&(Language::En, "run".into())));
/// assert!(listed_forms("sportive").contains(&(Language::Fr, "sportif".into())));
/// ```
pub fn listed_forms(word: &str) -> Vec<(Language, String)> {
    let mut forms = Vec::new();
    let tables = [(Language::En, ENGLISH_FORMS), (Language::Fr, FRENCH_FORMS)];
    for (language, endings) in tables {
        let found = endings
            .iter()
            .filter_map(|(ending, others)| Some((root(word, ending)?, others)));
        for (root, others) in found.take(2) {
            if let Some(single) = undoubled(root).filter(|_| language == Language::En) {
                forms.push((language, single.to_owned()));
            }
            let listed = others.iter().map(|other| format!("{root}{other}"));
            forms.extend(listed.map(|form| (language, form)));
        }
    }
    forms
}

/// What a folded word may be in the other language, when it differs by its ending alone.
///
/// ```
/// use classo::domain::language::Language;
/// use classo::query::akin::twins;
/// assert!(twins("diversity").contains(&(Language::Fr, "diversite".into())));
/// assert!(twins("democratie").contains(&(Language::En, "democracy".into())));
/// ```
pub fn twins(word: &str) -> Vec<(Language, String)> {
    let mut twins = Vec::new();
    for (language, is_french) in [(Language::Fr, true), (Language::En, false)] {
        let found = TWINS.iter().filter_map(|(english, french)| {
            let (own, other) = match is_french {
                true => (english, french),
                false => (french, english),
            };
            // Two letters alone after a short root tell little: *carte* is not *carty*.
            let root =
                root(word, own).filter(|root| root.len() > SHORTEST_ROOT || own.len() > 2)?;
            // What differs by an e alone must be long, and a mute e comes after a consonant: *planet*, *planète*.
            let is_by_e = [own, other]
                .iter()
                .all(|ending| ["", "e", "er"].contains(ending));
            let is_likely = root.len() >= LONG_ROOT && !root.ends_with(VOWELS);
            (!is_by_e || is_likely).then(|| (language, format!("{root}{other}")))
        });
        twins.extend(found.take(MOST_TWINS));
    }
    twins.dedup();
    twins
}

/// What is left of a word before an ending, when it is long enough to be told from others.
fn root<'w>(word: &'w str, ending: &str) -> Option<&'w str> {
    let root = word.strip_suffix(ending)?;
    let is_word = word.len() >= SHORTEST && root.len() >= SHORTEST_ROOT;
    (is_word && word.bytes().all(|byte| byte.is_ascii_lowercase())).then_some(root)
}

/// "runn" as "run".
fn undoubled(root: &str) -> Option<&str> {
    let bytes = root.as_bytes();
    let [.., one, other] = bytes else { return None };
    (one == other && !b"aeiou".contains(other)).then(|| &root[..root.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_form(word: &str, form: &str) -> bool {
        listed_forms(word).iter().any(|(_, listed)| listed == form)
    }

    #[test]
    fn inflected_words_lead_to_what_a_glossary_lists() {
        for (word, listed) in [
            ("counting", "count"),
            ("making", "make"),
            ("swimming", "swim"),
            ("studied", "study"),
            ("easier", "easy"),
            ("bigger", "big"),
            ("slowly", "slow"),
            ("coloriant", "colorier"),
            ("finissent", "finir"),
            ("visuelle", "visuel"),
            ("creative", "creatif"),
            ("joueuse", "joueur"),
            ("dessinee", "dessiner"),
            ("petite", "petit"),
        ] {
            assert!(has_form(word, listed), "{word}: {:?}", listed_forms(word));
        }
    }

    #[test]
    fn words_that_differ_by_their_ending_are_twins_both_ways() {
        for (english, french) in [
            ("biodiversity", "biodiversite"),
            ("romanticism", "romanticisme"),
            ("acoustic", "acoustique"),
            ("summary", "summaire"),
            ("volcanology", "volcanologie"),
            ("astronomy", "astronomie"),
            ("organize", "organiser"),
            ("planet", "planete"),
            ("inventor", "inventeur"),
        ] {
            let french_twin = (Language::Fr, french.to_owned());
            assert!(twins(english).contains(&french_twin), "{english}");
            let english_twin = (Language::En, english.to_owned());
            assert!(twins(french).contains(&english_twin), "{french}");
        }
    }

    #[test]
    fn short_words_and_codes_are_akin_to_nothing() {
        for word in ["jeu", "bed", "2e", "sec1", "c++", "ipad9"] {
            assert!(
                listed_forms(word).is_empty() && twins(word).is_empty(),
                "{word}"
            );
        }
    }
}
