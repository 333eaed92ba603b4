//! Every word of many short texts in the order of the alphabet, so that what begins with some letters lies together.
//!
//! A text (a title, a label) is entered once for each of its words, by the ten characters that stand from there on,
//! later words included: "jeu de fr" is as good a beginning as "fr". A character takes 6 bits, so ten of them and the
//! place of the word fit into one number, and the array is searched by halving. What begins with the typed letters is a
//! *run* of the array. A run is gone through best first without being read whole: a short one is read and sorted, one of
//! a single beginning lies sorted already, and for every other the best entries were listed when the array was made.

use std::borrow::Cow;
use std::ops::Range;

/// Characters of a beginning.
const SYMBOLS: u32 = 10;
const SYMBOL_BITS: u32 = 6;

/// The bits of a key below its symbols: whether the word is not the first of its text, then the class of the text.
const MARK_BITS: u32 = 4;
const INSIDE: u64 = 1 << 3;
const CLASS: u64 = INSIDE - 1;

/// The end of a text comes first, then the space: both end a word.
const END: u64 = 0;
const SPACE: u64 = 1;

/// Runs up to this length are read when they are asked for; there are many of them, and a list would be as long.
pub const SHORT_RUN: usize = 8;

/// How many entries are listed for a longer run: the twenty of the longest answer, and some that may be gone.
const LISTED: usize = 24;

/// Words of numbered texts. A word takes 12 bytes, a text 1 more; the lists take about a tenth of that (measured: 13 bytes
/// a word in all for 100,000 titles of eight words, made in 0.2 s; for a million in 1.4 s).
#[derive(Debug, Default)]
pub struct WordStarts {
    keys: Vec<u64>,
    /// The text of each word.
    texts: Vec<u32>,
    /// By text; the greater the better.
    quality: Vec<u8>,
    /// By the length of the beginning that a run shares, then by place.
    lists: Vec<List>,
    /// Where the lists of each length begin.
    lengths: [u32; SYMBOLS as usize + 1],
    /// The places of listed entries, list after list.
    listed: Vec<u32>,
}

/// The best of one run.
#[derive(Debug, Clone, Copy)]
struct List {
    from: u32,
    to: u32,
    /// Where its places begin among the listed ones; they end where the next list's begin.
    at: u32,
}

/// How early an entry is told: the smaller the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grade {
    /// Whether the word is not the first of its text.
    pub inside: bool,
    worse: u8,
    class: u8,
}

/// The keys that a run consists of, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    low: u64,
    high: u64,
}

/// Collects words for [`WordStarts`].
pub struct Builder {
    /// Keys, with what decides between equal ones: quality, class and text.
    entries: Vec<(u64, u64)>,
    quality: Vec<u8>,
}

impl Builder {
    /// For as many texts as there are qualities; the greater come first.
    pub fn new(quality: Vec<u8>) -> Self {
        Builder {
            entries: Vec::new(),
            quality,
        }
    }

    /// Enters the words of a text, which is given in the form of [`key`](crate::domain::text::key). A text may have
    /// several forms; among equal ones those of the smaller class (0 to 7) come first.
    pub fn add(&mut self, text: u32, class: u8, key: &str) {
        let mut from = 0;
        for word in key.split(' ').filter(|_| !key.is_empty()) {
            let inside = if from == 0 { 0 } else { INSIDE };
            let (symbols, _) = pack(&key[from..]);
            let class = u64::from(class) & CLASS;
            let worse = u64::from(!self.quality[text as usize]);
            let order = worse << 40 | class << 32 | u64::from(text);
            self.entries.push((symbols << MARK_BITS | inside, order));
            from += word.len() + 1;
        }
    }

    pub fn finish(self) -> WordStarts {
        let Builder {
            mut entries,
            quality,
        } = self;
        entries.sort_unstable();
        entries.dedup();
        let with_class = |(key, order): &(u64, u64)| key | order >> 32 & CLASS;
        let mut words = WordStarts {
            keys: entries.iter().map(with_class).collect(),
            texts: entries.iter().map(|(_, order)| *order as u32).collect(),
            quality,
            ..WordStarts::default()
        };
        drop(entries);
        for length in 0..SYMBOLS {
            words.lengths[length as usize] = words.lists.len() as u32;
            words.list_runs(length);
        }
        words.lengths[SYMBOLS as usize] = words.lists.len() as u32;
        words.lists.shrink_to_fit();
        words.listed.shrink_to_fit();
        words
    }
}

impl WordStarts {
    /// Lists the best of every long run whose entries share so many characters and no more.
    fn list_runs(&mut self, length: u32) {
        let above = low_bits(SYMBOL_BITS * (SYMBOLS - length)) << MARK_BITS | INSIDE | CLASS;
        let mut from = 0;
        while from < self.keys.len() {
            let last = self.keys[from] | above;
            let run = self.keys[from..].iter();
            let to = from + run.take_while(|key| **key <= last).count();
            let parts = shared(self.keys[from], self.keys[to - 1]) == length;
            if to - from > SHORT_RUN && parts {
                let at = self.listed.len() as u32;
                let best = self.best(from as u32..to as u32);
                self.listed.extend(best);
                let (from, to) = (from as u32, to as u32);
                self.lists.push(List { from, to, at });
            }
            from = to;
        }
    }

    /// The places of the best entries of a run, best first, each text once.
    fn best(&self, run: Range<u32>) -> Vec<u32> {
        let mut best: Vec<(Grade, u32)> = Vec::with_capacity(LISTED + 1);
        for place in run {
            let grade = self.grade(place);
            if best.len() == LISTED && best.last().is_some_and(|worst| grade >= worst.0) {
                continue;
            }
            let text = self.text(place);
            if let Some(known) = best.iter().position(|(_, other)| self.text(*other) == text) {
                if best[known].0 <= grade {
                    continue;
                }
                best.remove(known);
            }
            best.insert(
                best.partition_point(|(other, _)| *other <= grade),
                (grade, place),
            );
            best.truncate(LISTED);
        }
        best.into_iter().map(|(_, place)| place).collect()
    }

    /// Where the entries of a probe lie.
    pub fn run(&self, probe: Probe) -> Range<u32> {
        let from = self.keys.partition_point(|key| *key < probe.low);
        let length = self.keys[from..].partition_point(|key| *key <= probe.high);
        from as u32..(from + length) as u32
    }

    pub fn text(&self, place: u32) -> u32 {
        self.texts[place as usize]
    }

    pub fn quality(&self, text: u32) -> u8 {
        self.quality[text as usize]
    }

    pub fn grade(&self, place: u32) -> Grade {
        let key = self.keys[place as usize];
        Grade {
            inside: key & INSIDE != 0,
            worse: !self.quality(self.text(place)),
            class: (key & CLASS) as u8,
        }
    }

    /// Goes through a run that has entries best first, reading at most `share` of them ahead.
    pub fn walk(&self, run: Range<u32>, share: usize) -> Walk<'_> {
        let (first, last) = (run.start as usize, run.end as usize - 1);
        if run.len() <= SHORT_RUN {
            let mut read: Vec<u32> = run.take(share).collect();
            read.sort_by_key(|place| self.grade(*place));
            return Walk {
                read_ahead: read.len(),
                ahead: Cow::Owned(read),
                at: 0,
                rest: 0..0,
            };
        }
        let length = shared(self.keys[first], self.keys[last]);
        Walk {
            read_ahead: 0,
            ahead: Cow::Borrowed(self.list(&run, length)),
            at: 0,
            rest: run,
        }
    }

    /// The best of a run whose entries share so many characters. A run of one beginning has no list: it lies best first.
    fn list(&self, run: &Range<u32>, length: u32) -> &[u32] {
        let after = self.lengths.get(length as usize + 1);
        let end = after.map_or(self.lists.len(), |end| *end as usize);
        let begin = self.lengths[length as usize] as usize;
        let lists = &self.lists[begin..end];
        let Ok(found) = lists.binary_search_by_key(&run.start, |list| list.from) else {
            return &[];
        };
        let at = |place: usize| {
            self.lists
                .get(place)
                .map_or(self.listed.len(), |list| list.at as usize)
        };
        match lists[found].to == run.end {
            true => &self.listed[at(begin + found)..at(begin + found + 1)],
            false => &[],
        }
    }

    /// Memory in bytes.
    pub fn bytes(&self) -> usize {
        self.keys.len() * 12
            + self.quality.len()
            + self.lists.len() * size_of::<List>()
            + self.listed.len() * 4
    }
}

/// Places of a run, best first; where a list ends, the whole run follows as it lies.
pub struct Walk<'a> {
    /// How many entries were read to begin with.
    pub read_ahead: usize,
    ahead: Cow<'a, [u32]>,
    at: usize,
    rest: Range<u32>,
}

impl Iterator for Walk<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let next = self.ahead.get(self.at).copied();
        self.at += 1;
        next.or_else(|| self.rest.next())
    }
}

impl Probe {
    /// Texts that go on with these characters at some word.
    pub fn prefix(text: &str) -> Probe {
        let (symbols, free) = pack(text);
        Probe::between(symbols, symbols | low_bits(free))
    }

    /// Texts that have this whole word.
    pub fn word(text: &str) -> Probe {
        let (symbols, free) = pack(text);
        match free.checked_sub(SYMBOL_BITS) {
            Some(after) => Probe::between(
                symbols | END << after,
                symbols | SPACE << after | low_bits(after),
            ),
            None => Probe::between(symbols, symbols),
        }
    }

    /// Texts that are nothing else; absent where that is more than a key can tell.
    pub fn whole(text: &str) -> Option<Probe> {
        let (symbols, free) = pack(text);
        let low = symbols << MARK_BITS;
        (free > 0).then_some(Probe {
            low,
            high: low | CLASS,
        })
    }

    fn between(low: u64, high: u64) -> Probe {
        Probe {
            low: low << MARK_BITS,
            high: high << MARK_BITS | INSIDE | CLASS,
        }
    }
}

/// How many characters two keys share from their beginning.
fn shared(one: u64, other: u64) -> u32 {
    let differing = u64::BITS - ((one ^ other) >> MARK_BITS).leading_zeros();
    SYMBOLS - differing.div_ceil(SYMBOL_BITS)
}

fn low_bits(count: u32) -> u64 {
    (1 << count) - 1
}

/// The first ten characters as symbols, and how many bits they leave free.
fn pack(text: &str) -> (u64, u32) {
    let (mut packed, mut free) = (0, SYMBOLS * SYMBOL_BITS);
    for c in text.chars().take(SYMBOLS as usize) {
        free -= SYMBOL_BITS;
        packed |= symbol(c) << free;
    }
    (packed, free)
}

/// Letters and digits have a symbol of their own; what else a word is made of shares 24.
fn symbol(c: char) -> u64 {
    match c {
        ' ' => SPACE,
        '0'..='9' => 2 + u64::from(c) - u64::from('0'),
        'a'..='z' => 12 + u64::from(c) - u64::from('a'),
        '+' => 38,
        '#' => 39,
        other => 40 + u64::from(other) % 24,
    }
}
