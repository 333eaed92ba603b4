//! 1. One word finds the very best, as reading every text would: those that begin with it first, then by quality.
//! 2. Words are found in any place, in their order and in another.
//! 3. The whole of a short text is offered before better ones that go on.
//! 4. The reader's language comes first among equals.
//! 5. No keystroke looks at a hundred entries, in a large catalogue of many segments, whatever is typed.
//! 6. Memory per title is what the documentation says.

use std::convert::Infallible;
use std::ops::ControlFlow;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use super::*;
use crate::domain::text;
use crate::index::word_starts::Builder;

const LOOKS: usize = 96;

struct Texts {
    keys: Vec<String>,
    words: WordStarts,
    quality: Vec<u8>,
}

impl Texts {
    fn new(texts: &[(&str, u8)]) -> Texts {
        let quality: Vec<u8> = texts.iter().map(|(_, quality)| *quality).collect();
        let keys: Vec<String> = texts.iter().map(|(text, _)| text::key(text)).collect();
        let mut builder = Builder::new(quality.clone());
        for (number, key) in keys.iter().enumerate() {
            builder.add(number as u32, 0, key);
        }
        Texts {
            keys,
            words: builder.finish(),
            quality,
        }
    }

    /// Titles of two to nine words whose frequencies fall as those of a language do.
    fn random(rng: &mut StdRng, count: usize, distinct_words: usize) -> Texts {
        let words: Vec<String> = (0..distinct_words).map(word).collect();
        let mut some_word = || {
            let place = (words.len() as f64).powf(rng.random::<f64>()) as usize - 1;
            words[place].as_str()
        };
        let titles: Vec<String> = (0..count)
            .map(|number| {
                (0..2 + number % 8)
                    .map(|_| some_word())
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        let titles: Vec<(&str, u8)> = titles
            .iter()
            .map(|title| (title.as_str(), (title.len() * 7 % 21) as u8))
            .collect();
        Texts::new(&titles)
    }
}

/// A pronounceable word for a number, short for the frequent ones, up to fourteen letters.
fn word(number: usize) -> String {
    let syllables = [
        "fra", "ma", "jeu", "cal", "ti", "on", "mo", "le", "sci", "en", "ce", "his", "toi", "re",
        "a", "ni",
    ];
    let mut word = String::new();
    let mut rest = number * 2_654_435 % 1_048_573 + 1;
    while rest > 0 && word.len() < 12 {
        word.push_str(syllables[rest % 16]);
        rest /= 16;
    }
    word
}

/// What is offered and fits, at most `most`, and how many entries were looked at.
fn offered(shelves: &[(&Texts, bool)], typed: &str, most: usize) -> (Vec<(usize, u32)>, usize) {
    let typed = Typed::new(typed);
    let given: Vec<Shelf> = shelves
        .iter()
        .map(|(texts, foreign)| Shelf {
            words: &texts.words,
            foreign: *foreign,
        })
        .collect();
    let mut found: Vec<(usize, u32)> = Vec::new();
    let looks = complete::<Infallible>(&given, &typed, LOOKS, &mut |Guess { shelf, text }| {
        let fits = typed
            .closeness(&shelves[shelf].0.keys[text as usize])
            .is_some();
        if fits && !found.contains(&(shelf, text)) {
            found.push((shelf, text));
        }
        Ok(match found.len() < most {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        })
    });
    (found, looks.unwrap_or_else(|never| match never {}))
}

fn told(texts: &Texts, typed: &str) -> Vec<String> {
    let (found, _) = offered(&[(texts, false)], typed, 10);
    found
        .iter()
        .map(|(_, text)| texts.keys[*text as usize].clone())
        .collect()
}

#[test]
fn one_word_finds_the_very_best() {
    let mut rng = StdRng::seed_from_u64(7);
    let texts = Texts::random(&mut rng, 3_000, 400);
    for _ in 0..400 {
        let key = texts.keys.choose(&mut rng).expect("a title");
        let word = key.split(' ').next_back().expect("a word");
        let typed = &word[..rng.random_range(1..=word.len().min(9))];
        let grade = |text: usize| {
            let inside = !texts.keys[text].starts_with(typed);
            (inside, u8::MAX - texts.quality[text])
        };
        let fits = |text: &usize| Typed::new(typed).closeness(&texts.keys[*text]).is_some();
        let mut expected: Vec<_> = (0..texts.keys.len()).filter(fits).map(grade).collect();
        expected.sort_unstable();
        expected.truncate(10);
        let (found, _) = offered(&[(&texts, false)], typed, 10);
        // A text that is the typed word and no more is offered before better ones.
        if texts.keys.iter().any(|key| key == typed) {
            continue;
        }
        let given: Vec<_> = found
            .iter()
            .map(|(_, text)| grade(*text as usize))
            .collect();
        assert_eq!(given, expected, "{typed}");
    }
}

#[test]
fn words_are_found_in_any_place_and_order() {
    let texts = Texts::new(&[
        ("Jeu de fractions", 3),
        ("Fractions en jeu", 3),
        ("Les mathématiques financières", 3),
        ("Mathématiques amusantes", 3),
        ("L’œuvre d’art : C++ et 3D", 3),
        ("数学 app", 3),
    ]);
    assert_eq!(
        told(&texts, "fra"),
        ["fractions en jeu", "jeu de fractions"]
    );
    assert_eq!(
        told(&texts, "jeu fra"),
        ["jeu de fractions", "fractions en jeu"]
    );
    assert_eq!(told(&texts, "jeu de f"), ["jeu de fractions"]);
    assert_eq!(told(&texts, "fractions d"), ["jeu de fractions"]);
    assert_eq!(told(&texts, "financ mathem"), Vec::<String>::new());
    assert_eq!(
        told(&texts, "financieres mathématiq"),
        ["les mathematiques financieres"]
    );
    assert_eq!(
        told(&texts, "MATHEMATIQUES f"),
        ["les mathematiques financieres"]
    );
    assert_eq!(told(&texts, "mathematiqueux"), Vec::<String>::new());
    assert_eq!(told(&texts, "c++").len(), 1);
    assert_eq!(told(&texts, "œuv").len(), 1);
    assert_eq!(told(&texts, "学"), ["数 学 app"]);
    assert_eq!(told(&texts, " ?! "), Vec::<String>::new());
}

#[test]
fn a_whole_text_is_offered_before_those_that_go_on() {
    let mut titles = vec![("Science", 0)];
    titles.extend(std::iter::repeat_n(("Science en classe", 20), 200));
    titles.extend(std::iter::repeat_n(("Sciences de la terre", 20), 200));
    let texts = Texts::new(&titles);
    assert_eq!(told(&texts, "science")[0], "science");
}

#[test]
fn the_readers_language_comes_first_among_equals() {
    let french = Texts::new(&[("Carte du monde", 1), ("Une carte", 20)]);
    let english = Texts::new(&[("Carte blanche", 20)]);
    let (found, _) = offered(&[(&english, true), (&french, false)], "cart", 10);
    assert_eq!(found, [(1, 0), (0, 0), (1, 1)]);
}

#[test]
fn no_keystroke_looks_at_a_hundred_entries() {
    let mut rng = StdRng::seed_from_u64(8);
    let sizes = [30_000, 10_000, 4_000, 2_000, 1_000, 500, 100, 20, 5, 1];
    let all: Vec<Texts> = sizes
        .map(|size| Texts::random(&mut rng, size, 20_000))
        .into();
    let shelves: Vec<(&Texts, bool)> = all
        .iter()
        .enumerate()
        .map(|(number, texts)| (texts, number % 2 == 1))
        .collect();
    let (mut most, mut keystrokes) = (0, 0);
    for _ in 0..200 {
        let texts = all.choose(&mut rng).expect("a shelf");
        let title = texts.keys.choose(&mut rng).expect("a title");
        let mut words: Vec<&str> = title.split(' ').collect();
        if rng.random_bool(0.3) {
            words.reverse();
        }
        let typed = words.join(" ");
        for end in 1..=typed.len().min(30) {
            let (found, looks) = offered(&shelves, &typed[..end], 20);
            (most, keystrokes) = (most.max(looks), keystrokes + 1);
            assert!(looks <= LOOKS, "{looks} for {:?}", &typed[..end]);
            let one_word_begun = end <= words[0].len().min(10);
            assert!(!one_word_begun || !found.is_empty(), "{:?}", &typed[..end]);
        }
    }
    assert!(
        keystrokes > 2_000 && (50..100).contains(&most),
        "{keystrokes} {most}"
    );
}

#[test]
fn memory_per_title_is_bounded() {
    let mut rng = StdRng::seed_from_u64(9);
    let texts = Texts::random(&mut rng, 20_000, 20_000);
    let words: usize = texts.keys.iter().map(|key| key.split(' ').count()).sum();
    let per_word = texts.words.bytes() as f64 / words as f64;
    assert!((12.0..20.0).contains(&per_word), "{per_word} bytes a word");
}
