//! The expressions there are: the file `understanding.toml` and the names of the vocabularies, ready to be matched.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::context::Context;
use super::numbers::{Counter, NumbersSection};
use super::part::{Part, keys};
use super::{FILTERS, SIGNALS};
use crate::domain::language::Language;
use crate::domain::vocabulary::{Ordinal, Term, Vocabularies, Words};
use crate::query::facet::Facet;

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub numbers: NumbersSection,
    pub words: WordsSection,
    pub introducing: Vec<IntroducingSection>,
    pub beside: HashMap<String, Vec<String>>,
    pub ladder: Vec<String>,
    names: Vec<NamesSection>,
    counted: Vec<CountedSection>,
    expressions: Vec<ExpressionsSection>,
    content: Words,
    compounds: Words,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordsSection {
    pub determiners: Vec<String>,
    pub negations: Vec<String>,
    pub capitals: Vec<String>,
    pub lead: Vec<String>,
    pub trail: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntroducingSection {
    pub facets: Vec<String>,
    pub language: Option<Language>,
    pub words: Vec<String>,
    #[serde(default)]
    pub determiners: bool,
    #[serde(default)]
    pub closing: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamesSection {
    facet: String,
    when: Vec<Place>,
    /// The ids whose names are taken; none for all.
    #[serde(default)]
    only: Vec<String>,
    /// Ids whose names are left out.
    #[serde(default)]
    without: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CountedSection {
    facet: String,
    forms: Vec<String>,
    #[serde(default = "one")]
    first: u8,
    /// The number is the last: all from the first on are meant.
    #[serde(default)]
    up_to: bool,
    ids: Vec<String>,
}

fn one() -> u8 {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpressionsSection {
    facet: String,
    language: Option<Language>,
    ids: Vec<String>,
    when: Vec<Place>,
    forms: Vec<String>,
}

/// Shorter acronyms are other words too often ("ts", "sel", "pe").
const LONGEST_SHORT_ACRONYM: usize = 3;

/// A number is no code when the word that it is joined to is as long as "gr".
const SHORTEST_JOINED: usize = 2;

/// Where a filter expression is a constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Anywhere,
    /// After a word that introduces it.
    Introduced,
    /// As the attribute of a noun of its list.
    Beside,
    /// At the start, at the end, or before an introducing word.
    Edge,
    Start,
    /// At the end or before an introducing word, after a word with a meaning.
    End,
    /// Anywhere but as the complement of another noun.
    Standing,
}

/// One way to say something.
#[derive(Debug)]
pub struct Form {
    items: Vec<Item>,
    pub meaning: Meaning,
    pub language: Option<Language>,
    pub when: Vec<Place>,
    /// Understood only when it is typed in capitals.
    pub in_capitals: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Item {
    Word(String),
    Counter(Counter),
    /// What goes from one thing to another: a word, or a dash.
    Through,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Content that looks like a filter.
    Content,
    /// Content that looks like a type of resource or a need.
    Compound,
    Filter(Facet, Values),
    Signal(Facet, Ordinal),
}

#[derive(Debug, PartialEq, Eq)]
pub enum Values {
    These(Vec<Ordinal>),
    /// The value of the first number, of the next, and so on.
    Counted {
        first: u8,
        values: Vec<Ordinal>,
    },
    /// All from that of the first number to that of the highest one.
    UpTo {
        first: u8,
        values: Vec<Ordinal>,
    },
}

impl Values {
    /// What the form means with these numbers; nothing when one of them has no meaning.
    pub fn of(&self, numbers: &[u8]) -> Option<Vec<Ordinal>> {
        match self {
            Values::These(values) => Some(values.clone()),
            Values::UpTo { first, values } => {
                let last = usize::from(numbers.iter().max()?.checked_sub(*first)?);
                values.get(..=last).map(<[Ordinal]>::to_vec)
            }
            Values::Counted { first, values } => {
                let value = |number: &u8| {
                    let place = usize::from(number.checked_sub(*first)?);
                    values.get(place).copied()
                };
                numbers.iter().map(value).collect()
            }
        }
    }
}

/// All forms, found by the word they start with or, after a rank, go on with.
#[derive(Debug, Default)]
pub struct Forms {
    forms: Vec<Form>,
    by_word: HashMap<String, Vec<usize>>,
    by_word_after_rank: HashMap<String, Vec<usize>>,
}

impl Forms {
    pub fn new(file: &File, vocabularies: &Vocabularies) -> Result<Self, String> {
        let mut forms = Forms::default();
        let capitals: HashSet<&str> = file.words.capitals.iter().map(String::as_str).collect();
        for facet in SIGNALS {
            for term in vocabularies.get(facet.name()).terms() {
                for (name, _) in names(term) {
                    let acronyms = Language::ALL.map(|language| term.acronyms.get(language));
                    let is_short = acronyms
                        .into_iter()
                        .flatten()
                        .any(|acronym| acronym == name)
                        && name.chars().count() <= LONGEST_SHORT_ACRONYM;
                    let in_capitals = is_short || capitals.contains(name);
                    let meaning = Meaning::Signal(facet, term.order);
                    forms.add(name, meaning, None, &[], in_capitals)?;
                }
            }
        }
        for section in &file.names {
            forms.add_names(section, vocabularies, &capitals)?;
        }
        for CountedSection {
            facet,
            forms: texts,
            first,
            up_to,
            ids,
        } in &file.counted
        {
            let (facet, values) = (filter(facet)?, ordinals(facet, ids, vocabularies)?);
            for text in texts {
                let (first, values) = (*first, values.clone());
                let values = match up_to {
                    true => Values::UpTo { first, values },
                    false => Values::Counted { first, values },
                };
                forms.add(
                    text,
                    Meaning::Filter(facet, values),
                    None,
                    &[Place::Anywhere],
                    false,
                )?;
            }
        }
        for section in &file.expressions {
            let facet = filter(&section.facet)?;
            let values = ordinals(&section.facet, &section.ids, vocabularies)?;
            for text in &section.forms {
                let meaning = Meaning::Filter(facet, Values::These(values.clone()));
                let in_capitals = capitals.contains(text.as_str());
                forms.add(text, meaning, section.language, &section.when, in_capitals)?;
            }
        }
        let languages = vocabularies.get(Facet::Language.name()).terms();
        for (language, texts) in [
            (Language::Fr, &file.content.fr),
            (Language::En, &file.content.en),
        ] {
            for text in texts {
                if !text.contains("{language}") {
                    forms.add(text, Meaning::Content, None, &[], false)?;
                    continue;
                }
                for term in languages {
                    let text = text.replace("{language}", plain_label(term.label.get(language)));
                    forms.add(&text, Meaning::Content, None, &[], false)?;
                }
            }
        }
        for text in file.compounds.fr.iter().chain(&file.compounds.en) {
            forms.add(text, Meaning::Compound, None, &[], false)?;
        }
        Ok(forms)
    }

    fn add_names(
        &mut self,
        section: &NamesSection,
        vocabularies: &Vocabularies,
        capitals: &HashSet<&str>,
    ) -> Result<(), String> {
        let facet = filter(&section.facet)?;
        let (only, without) = (&section.only, &section.without);
        for ids in [only, without] {
            ordinals(&section.facet, ids, vocabularies)?;
        }
        let terms = vocabularies.get(facet.name()).terms().iter();
        let is_taken =
            |id: &String| (only.is_empty() || only.contains(id)) && !without.contains(id);
        for term in terms.filter(|term| is_taken(&term.id)) {
            for (name, language) in names(term) {
                // Devices and systems have the same names in both languages.
                let language = (facet == Facet::Language).then_some(language);
                let meaning = Meaning::Filter(facet, Values::These(vec![term.order]));
                let in_capitals = capitals.contains(name);
                self.add(
                    plain_label(name),
                    meaning,
                    language,
                    &section.when,
                    in_capitals,
                )?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        text: &str,
        meaning: Meaning,
        language: Option<Language>,
        when: &[Place],
        in_capitals: bool,
    ) -> Result<(), String> {
        let items = items(text);
        let known = match &items[..] {
            [Item::Word(first), ..] => self.by_word.entry(first.clone()),
            [Item::Counter(Counter::Rank), Item::Word(next), ..] => {
                self.by_word_after_rank.entry(next.clone())
            }
            _ => {
                return Err(format!(
                    "{text:?} starts with neither a word nor a rank and a word"
                ));
            }
        };
        let known = known.or_default();
        // Singular and plural, French and English are often one form, and sections add places to it.
        let is_same = |form: &Form| {
            form.items == items && form.meaning == meaning && form.language == language
        };
        if let Some(place) = known.iter().find(|place| is_same(&self.forms[**place])) {
            let form = &mut self.forms[*place];
            form.when.extend(when);
            form.in_capitals &= in_capitals;
            return Ok(());
        }
        known.push(self.forms.len());
        self.forms.push(Form {
            items,
            meaning,
            language,
            when: when.to_vec(),
            in_capitals,
        });
        Ok(())
    }

    /// The forms that match from a word on, each with the word after it and its numbers.
    pub fn at<'f>(
        &'f self,
        part: &Part,
        at: usize,
        context: &Context,
        mut found: impl FnMut(&'f Form, usize, &[u8]),
    ) {
        let mut try_all =
            |forms: Option<&'f Vec<usize>>, items: usize, from: usize, counted: &[u8]| {
                for form in forms.into_iter().flatten().map(|place| &self.forms[*place]) {
                    let mut list = None;
                    let mut end = from;
                    let matches = form.items[items..].iter().all(|item| match item {
                        Item::Word(word) if part.get(end) == Some(word) => {
                            end += 1;
                            true
                        }
                        Item::Word(_) => false,
                        Item::Through => {
                            let after = context.numbers.after_through(part, end);
                            end = after.unwrap_or(end);
                            after.is_some()
                        }
                        Item::Counter(counter) => {
                            let read =
                                context
                                    .numbers
                                    .list(part, end, *counter, &context.determiners);
                            read.is_some_and(|(read, after)| {
                                list = Some(read);
                                end = after;
                                true
                            })
                        }
                    });
                    if matches && (!form.in_capitals || part.is_in_capitals(&(at..end))) {
                        found(form, end, list.as_deref().unwrap_or(counted));
                    }
                }
            };
        try_all(self.by_word.get(part.key(at)), 0, at, &[]);
        if let Some((list, end)) =
            context
                .numbers
                .list(part, at, Counter::Rank, &context.determiners)
        {
            let next = part
                .get(end)
                .and_then(|word| self.by_word_after_rank.get(word));
            try_all(next, 1, end, &list);
        }
        if let Some((word, number)) = joined(part.key(at)) {
            let forms = self.by_word.get(word).into_iter().flatten();
            let counted = |form: &&Form| form.items[1..] == [Item::Counter(Counter::Number)];
            for form in forms.map(|place| &self.forms[*place]).filter(counted) {
                found(form, at + 1, &[number]);
            }
        }
    }

    /// The words that filters start with.
    pub fn filter_starts(&self) -> HashSet<String> {
        let is_filter = |place: &usize| matches!(self.forms[*place].meaning, Meaning::Filter(..));
        let starts = self
            .by_word
            .iter()
            .filter(|(_, places)| places.iter().any(is_filter));
        starts.map(|(word, _)| word.clone()).collect()
    }
}

/// A word and the number that is written together with it ("sec5", "grade4").
fn joined(key: &str) -> Option<(&str, u8)> {
    let word = key.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = key[word.len()..].parse().ok()?;
    (word.chars().count() >= SHORTEST_JOINED).then_some((word, number))
}

fn items(text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    for piece in text.split_inclusive('}') {
        let placeholders = [
            ("{rank}", Item::Counter(Counter::Rank)),
            ("{number}", Item::Counter(Counter::Number)),
            ("{to}", Item::Through),
        ];
        let mut placeholders = placeholders.into_iter();
        let found = placeholders.find_map(|(sign, item)| Some((piece.strip_suffix(sign)?, item)));
        let (words, placeholder) = match found {
            Some((words, item)) => (words, Some(item)),
            None => (piece, None),
        };
        items.extend(keys(words).into_iter().map(Item::Word));
        items.extend(placeholder);
    }
    items
}

/// Every name of a term that has a word in it, with its language.
fn names(term: &Term) -> impl Iterator<Item = (&str, Language)> {
    Language::ALL.into_iter().flat_map(move |language| {
        term.names_in(language)
            .filter(|name| !keys(plain_label(name)).is_empty())
            .map(move |name| (name, language))
    })
}

/// A label without what it adds in brackets: "Cri (langue)".
fn plain_label(label: &str) -> &str {
    label.split('(').next().unwrap_or(label).trim()
}

/// A facet whose expressions may be filters.
pub fn filter(name: &str) -> Result<Facet, String> {
    Facet::from_name(name)
        .filter(|facet| FILTERS.contains(facet))
        .ok_or_else(|| format!("{name:?} is no facet that a text can filter by"))
}

pub fn ordinals(
    facet: &str,
    ids: &[String],
    vocabularies: &Vocabularies,
) -> Result<Vec<Ordinal>, String> {
    let vocabulary = vocabularies.get(facet);
    let ordinal = |id: &String| {
        vocabulary
            .ordinal(id)
            .ok_or_else(|| format!("{id:?} is no value of {facet}"))
    };
    ids.iter().map(ordinal).collect()
}
