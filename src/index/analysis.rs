//! Words as the index keeps them: the exact form, and the stem in each language.
//!
//! Every form starts from the folded word (see [`crate::domain::text`]), so an accent more or less never separates two
//! forms: *élève*, *eleve* and *ÉLÈVES* meet by construction. The French stemmer, which wants accents to tell a suffix
//! such as *-ité* or *-ée*, is given those few back before it looks at the word.

use frostem::{Algorithm, Stemmer};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::domain::language::Language;
use crate::domain::text::WordReader;

/// Stems folded words of one language.
#[derive(Clone, Copy)]
pub struct Stems(Language);

impl Stems {
    pub fn new(language: Language) -> Self {
        Stems(language)
    }

    /// The stem of a folded word.
    pub fn stem(&self, word: &str) -> String {
        if word.chars().any(|c| c.is_ascii_digit()) || word.len() < 3 {
            return word.to_owned();
        }
        match self.0 {
            Language::Fr => french_stem(word),
            Language::En => Stemmer::new(Algorithm::English).stem(word).into_owned(),
        }
    }
}

/// Suffixes that the French stemmer knows only with their accent: folded, accented, and how the stem shows that the
/// suffix was not recognised after all.
const ACCENTED_SUFFIXES: &[(&str, &str, &str)] = &[
    ("ite", "ité", "it"),
    ("ites", "ités", "it"),
    ("ee", "ée", "e"),
    ("ees", "ées", "e"),
    ("iere", "ière", "ier"),
    ("ieres", "ières", "ier"),
];

/// Plurals in -x that the French stemmer does not bring back to their singular.
const PLURALS_IN_X: &[(&str, &str)] = &[
    ("adieux", "adieu"),
    ("aveux", "aveu"),
    ("baux", "bail"),
    ("bijoux", "bijou"),
    ("cailloux", "caillou"),
    ("cheveux", "cheveu"),
    ("choux", "chou"),
    ("coraux", "corail"),
    ("dieux", "dieu"),
    ("emaux", "email"),
    ("enjeux", "enjeu"),
    ("feux", "feu"),
    ("genoux", "genou"),
    ("hiboux", "hibou"),
    ("jeux", "jeu"),
    ("joujoux", "joujou"),
    ("lieux", "lieu"),
    ("milieux", "milieu"),
    ("neveux", "neveu"),
    ("pneux", "pneu"),
    ("soupiraux", "soupirail"),
    ("travaux", "travail"),
    ("vitraux", "vitrail"),
    ("voeux", "voeu"),
    ("yeux", "oeil"),
];

fn french_stem(word: &str) -> String {
    let plural = PLURALS_IN_X.iter().find(|(plural, _)| *plural == word);
    let word = plural.map_or(word, |(_, singular)| singular);
    // The stemmer takes -it and -is for ends of verbs (*il finit*), and would part *récit* from *récits* and *français*
    // from *française*. Nouns and adjectives are what people search for.
    for (ending, dropped) in [("it", 0), ("its", 1), ("is", 0), ("ise", 1), ("ises", 2)] {
        if word.ends_with(ending) {
            return word[..word.len() - dropped].to_owned();
        }
    }
    let stemmer = Stemmer::new(Algorithm::French);
    for (folded, accented, unrecognised) in ACCENTED_SUFFIXES {
        if let Some(root) = word.strip_suffix(folded) {
            let stem = crate::domain::text::fold(&stemmer.stem(&format!("{root}{accented}")));
            if !stem.ends_with(unrecognised) && stem.len() >= 3 && !stem.ends_with(folded) {
                return stem;
            }
        }
    }
    crate::domain::text::fold(&stemmer.stem(word))
}

/// What a tokenizer puts out for a word.
#[derive(Clone, Copy)]
enum Form {
    Exact,
    Stem(Stems),
}

/// The tokenizer of a field: reads words, puts out one form of each.
#[derive(Clone)]
pub struct WordTokenizer {
    form: Form,
    token: Token,
    word: String,
    /// The last stems, by word: texts repeat themselves, and stemming costs more than a look-up.
    stems: std::collections::HashMap<String, String>,
}

impl WordTokenizer {
    /// Names under which the tokenizers are registered with the engine.
    pub const EXACT: &'static str = "classo_exact";

    pub fn stem_name(language: Language) -> String {
        format!("classo_stem_{}", language.tag())
    }

    pub fn exact() -> Self {
        WordTokenizer::new(Form::Exact)
    }

    pub fn stems(language: Language) -> Self {
        WordTokenizer::new(Form::Stem(Stems::new(language)))
    }

    fn new(form: Form) -> Self {
        WordTokenizer {
            form,
            token: Token::default(),
            word: String::new(),
            stems: Default::default(),
        }
    }
}

/// Words whose stems are remembered; beyond, the memory starts anew.
const REMEMBERED_STEMS: usize = 50_000;

pub struct WordStream<'a> {
    tokenizer: &'a mut WordTokenizer,
    reader: WordReader<'a>,
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream {
            tokenizer: self,
            reader: WordReader::new(text),
        }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let WordTokenizer {
            form,
            token,
            word,
            stems,
        } = &mut *self.tokenizer;
        let Some((from, to)) = self.reader.read(word) else {
            return false;
        };
        token.position = token.position.wrapping_add(1);
        token.offset_from = from;
        token.offset_to = to;
        token.text.clear();
        match form {
            Form::Exact => token.text.push_str(word),
            Form::Stem(stemmer) => {
                if let Some(stem) = stems.get(word.as_str()) {
                    token.text.push_str(stem);
                } else {
                    let stem = stemmer.stem(word);
                    token.text.push_str(&stem);
                    if stems.len() >= REMEMBERED_STEMS {
                        stems.clear();
                    }
                    stems.insert(word.clone(), stem);
                }
            }
        }
        true
    }

    fn token(&self) -> &Token {
        &self.tokenizer.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.tokenizer.token
    }
}

/// How a fixed text is read: when an update of the stemmers changes it, old generations are rebuilt.
pub fn fingerprint() -> String {
    const TEXT: &str = "L’élève aujourd'hui jusqu'à l'œuvre: chevaux, journaux, activités, premières, calculées, \
        évaluation, nationale, heureusement. The teachers' running games aren't easily fitted: universities, C++, 2e.";
    let words: Vec<String> = crate::domain::text::words(TEXT)
        .map(|word| word.text)
        .collect();
    let forms = words.iter().map(|word| {
        format!(
            "{word}/{}/{}",
            Stems::new(Language::Fr).stem(word),
            Stems::new(Language::En).stem(word)
        )
    });
    forms.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::key;

    fn meet(language: Language, one: &str, other: &str) -> bool {
        let stem = |word: &str| Stems::new(language).stem(&key(word));
        stem(one) == stem(other)
    }

    #[test]
    fn french_forms_of_a_word_meet_with_and_without_accents() {
        for (one, other) in [
            ("élève", "eleves"),
            ("élèves", "ELEVE"),
            ("activité", "activites"),
            ("activité", "activite"),
            ("cheval", "chevaux"),
            ("journal", "journaux"),
            ("national", "nationale"),
            ("calculée", "calculees"),
            ("calculée", "calculer"),
            ("première", "premier"),
            ("premiere", "premières"),
            ("fraction", "fractions"),
            ("œuvre", "oeuvres"),
            ("jeu", "jeux"),
            ("travail", "travaux"),
            ("cheveu", "cheveux"),
            ("petit", "petits"),
            ("petit", "petite"),
            ("récit", "récits"),
            ("produit", "produites"),
            ("français", "française"),
            ("précise", "précis"),
            ("tableau", "tableaux"),
            ("géométrie", "geometrie"),
        ] {
            assert!(
                meet(Language::Fr, one, other),
                "{one} and {other}: {} {}",
                french_stem(&key(one)),
                french_stem(&key(other))
            );
        }
        for (one, other) in [
            ("site", "si"),
            ("fraction", "fracture"),
            ("musique", "museau"),
            ("sec1", "sec2"),
        ] {
            assert!(!meet(Language::Fr, one, other), "{one} and {other}");
        }
    }

    #[test]
    fn english_forms_of_a_word_meet() {
        for (one, other) in [
            ("game", "games"),
            ("teacher's", "teachers"),
            ("coding", "code"),
            ("studies", "study"),
        ] {
            assert!(meet(Language::En, one, other), "{one} and {other}");
        }
    }
}
