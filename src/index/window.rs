//! The scores of a run of neighbouring documents, added up one list of postings at a time.
//!
//! All that is known of a document meanwhile lies side by side in one cell, so that each posting touches one place in
//! memory; the cells of a window stay in the second-level cache.

use tantivy::DocId;

use super::bits::Bits;
use super::lengths::Saturations;

/// Documents a window covers.
pub const WINDOW: usize = 1 << 13;

/// How many documents are looked at together when matches are handed over: a run of bits.
const STRETCH: usize = u64::BITS as usize;

/// How many matches are handed over together, at most.
const RUN: usize = 1 << 10;

/// One document of the window.
#[derive(Clone, Copy, Default)]
struct Cell {
    /// What its words are worth so far.
    score: f32,
    /// The best variant of the current word so far.
    word: f32,
    /// Weighted occurrences of the current variant, by language; the sign of the first tells the exact form.
    occurrences: [f32; 2],
}

impl Cell {
    /// 1 when the current variant was not met in the document yet.
    #[inline]
    fn is_new(&self) -> usize {
        let [one, other] = self.occurrences.map(f32::to_bits);
        usize::from(one | other == 0)
    }
}

const SIGN: u32 = 1 << 31;

/// What a match of a variant is worth.
#[derive(Clone, Copy)]
pub struct Worth {
    /// What saturated occurrences are multiplied with.
    pub weight: f32,
    /// What the exact form adds, as a share of a full match.
    pub exactness: f32,
}

/// A window's numbers; all zero between uses.
#[derive(Default)]
pub struct Window {
    base: DocId,
    cells: Vec<Cell>,
    /// Where the variants of the current word were met, one variant after the other.
    touched: Vec<u16>,
    /// How many of `touched` count, and where the current variant's begin.
    met: usize,
    begin: usize,
    /// Not 0 where a word was met: a byte each, because neighbouring bits would have to wait for one another.
    matched: Vec<u8>,
}

impl Window {
    /// Moves the window, which is empty, to the documents from `base` on.
    pub fn move_to(&mut self, base: DocId) {
        self.base = base;
        self.cells.resize(WINDOW, Cell::default());
        self.matched.resize(WINDOW, 0);
    }

    /// Adds occurrences of the current variant: documents of the window, how often each has it, and what one is worth.
    #[inline]
    pub fn add_occurrences(
        &mut self,
        language: usize,
        documents: &[DocId],
        counts: &[u32],
        worth: impl Fn(DocId) -> f32,
    ) {
        let base = self.base;
        let (cells, touched, met) = self.cells_for(documents.len());
        for (document, count) in documents.iter().zip(counts) {
            let place = (document - base) as usize % WINDOW;
            let cell = &mut cells[place];
            touched[*met] = place as u16;
            *met += cell.is_new();
            cell.occurrences[language] += *count as f32 * worth(*document);
        }
    }

    /// Notes that documents of the window have the exact form of the current variant.
    #[inline]
    pub fn add_exact(&mut self, documents: &[DocId]) {
        let base = self.base;
        let (cells, touched, met) = self.cells_for(documents.len());
        for document in documents {
            let place = (document - base) as usize % WINDOW;
            let cell = &mut cells[place];
            touched[*met] = place as u16;
            *met += cell.is_new();
            let marked = cell.occurrences[0].to_bits() | SIGN;
            cell.occurrences[0] = f32::from_bits(marked);
        }
    }

    /// Notes that documents of the window match, whatever they are worth.
    #[inline]
    pub fn add_matches(&mut self, documents: &[DocId]) {
        let base = self.base;
        let matched: &mut [u8; WINDOW] = whole(&mut self.matched);
        for document in documents {
            matched[(document - base) as usize % WINDOW] = 1;
        }
    }

    /// The cells, and where they are noted, with room for so many more.
    #[inline]
    fn cells_for(&mut self, more: usize) -> (&mut [Cell; WINDOW], &mut [u16], &mut usize) {
        // One beyond: what is met again is written there and not counted.
        let room = self.met + more + 1;
        if self.touched.len() < room {
            self.touched.resize(room.next_power_of_two(), 0);
        }
        (whole(&mut self.cells), &mut self.touched, &mut self.met)
    }

    /// Ends a variant of a word: each document it was met in gets what the variant adds to the word's others.
    #[inline]
    pub fn end_variant(&mut self, worth: Worth, saturations: &Saturations) {
        let cells: &mut [Cell; WINDOW] = whole(&mut self.cells);
        let matched: &mut [u8; WINDOW] = whole(&mut self.matched);
        for place in &self.touched[self.begin..self.met] {
            let document = self.base + DocId::from(*place);
            let place = usize::from(*place) % WINDOW;
            let cell = &mut cells[place];
            let [one, other] = std::mem::take(&mut cell.occurrences);
            let exactness = if one.to_bits() & SIGN != 0 {
                worth.exactness
            } else {
                0.0
            };
            // Saturation grows with the occurrences, so the better language is the one with more of them.
            let one = one.abs();
            let most = if one > other { one } else { other };
            let worth = worth.weight * (most / (saturations.of(document) + most) + exactness);
            let best = if worth > cell.word { worth } else { cell.word };
            cell.score += best - cell.word;
            cell.word = best;
            matched[place] = 1;
        }
        self.begin = self.met;
    }

    /// Ends a word: the next one is added to it.
    pub fn end_word(&mut self) {
        let cells: &mut [Cell; WINDOW] = whole(&mut self.cells);
        for place in &self.touched[..self.met] {
            cells[usize::from(*place) % WINDOW].word = 0.0;
        }
        (self.met, self.begin) = (0, 0);
    }

    /// Hands over the matches in order, some at a time, with their scores, and leaves the window empty. Where `scored` is
    /// given, the others have no score, and are left out; `matched` learns of all of them.
    #[inline]
    pub fn drain(
        &mut self,
        scored: Option<&Bits>,
        mut matched: Option<&mut Bits>,
        mut some: impl FnMut(&[DocId], &[f32]),
    ) {
        let (mut documents, mut scores) = ([0; RUN], [0.0; RUN]);
        let mut met = 0;
        let cells: &mut [Cell; WINDOW] = whole(&mut self.cells);
        for (number, stretch) in self.matched.chunks_exact_mut(STRETCH).enumerate() {
            if stretch.iter().fold(0, |any, matched| any | *matched) == 0 {
                continue;
            }
            let place = number * STRETCH;
            let first = self.base + place as DocId;
            let run = take_run(stretch);
            if let Some(matched) = &mut matched {
                matched.set_run(first, run);
            }
            let mut rest = run & scored.map_or(u64::MAX, |scored| scored.run(first));
            while rest != 0 {
                let at = rest.trailing_zeros();
                rest &= rest - 1;
                documents[met % RUN] = first + at;
                let cell = &mut cells[(place + at as usize) % WINDOW];
                scores[met % RUN] = std::mem::take(&mut cell.score);
                met += 1;
            }
            if met > RUN - STRETCH {
                some(&documents[..met], &scores[..met]);
                met = 0;
            }
        }
        some(&documents[..met], &scores[..met]);
    }
}

/// Each byte, 0 or 1, as a bit of a run; leaves them 0.
#[inline]
fn take_run(bytes: &mut [u8]) -> u64 {
    let eights = bytes.chunks_exact_mut(8).rev();
    eights.fold(0, |run, eight| {
        let eight: &mut [u8; 8] = eight.try_into().expect("chunks of eight");
        // Each byte is moved to a bit of its own among the highest eight, and none of them to the same as another.
        let bits = u64::from_le_bytes(std::mem::take(eight)).wrapping_mul(0x0102_0408_1020_4080);
        run << 8 | bits >> 56
    })
}

/// All of a window's numbers, of which there are as many as documents.
#[inline]
fn whole<T>(numbers: &mut [T]) -> &mut [T; WINDOW] {
    numbers
        .try_into()
        .expect("the window was moved to its first documents")
}
