//! Completes what is typed from several collections of texts at once, with a bounded number of looks.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::{ControlFlow, Range};

use super::word_starts::{Grade, Probe, Walk, WordStarts};
use crate::domain::typed::Typed;

/// Typed words that are looked for; what is typed beyond still has to be there.
const MOST_PROBES: usize = 8;

/// Texts of one language in one place.
#[derive(Clone, Copy)]
pub struct Shelf<'a> {
    pub words: &'a WordStarts,
    /// Whether its language is not the reader's.
    pub foreign: bool,
}

/// A text that may be meant. The caller reads it, and says whether it is wanted and when there are enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guess {
    /// The place of the shelf among those given.
    pub shelf: usize,
    pub text: u32,
}

/// Takes guesses until there are enough.
pub type Take<'t, E> = dyn FnMut(Guess) -> Result<ControlFlow<()>, E> + 't;

/// Offers what begins with the typed words at any of its words, the likeliest first: texts that begin so, then those
/// in the reader's language, then the better ones. Words out of order are looked for at the rarest of them. The same text
/// may be offered twice, and texts that only share their first letters with what is typed are offered too.
///
/// Looks at no more than `most_looks` entries, whatever the number of texts, and returns at how many. Halving an array is
/// not counted: it grows with the logarithm, some twenty comparisons for a million titles.
pub fn complete<E>(
    shelves: &[Shelf],
    typed: &Typed,
    most_looks: usize,
    take: &mut Take<E>,
) -> Result<usize, E> {
    let mut completion = Completion {
        shelves,
        looks: 0,
        most: most_looks,
    };
    let _enough_or_not = completion.follow(typed, take)?;
    Ok(completion.looks)
}

struct Completion<'a> {
    shelves: &'a [Shelf<'a>],
    looks: usize,
    /// How far `looks` may grow in this round.
    most: usize,
}

/// A run of a shelf on its way.
struct Source<'a> {
    shelf: usize,
    walk: Walk<'a>,
}

/// What decides who is offered first; the places at the end make the order total.
type Turn = Reverse<(bool, bool, Grade, usize, u32)>;

impl Completion<'_> {
    fn follow<E>(&mut self, typed: &Typed, take: &mut Take<E>) -> Result<ControlFlow<()>, E> {
        let (key, words) = (typed.key(), typed.words());
        if typed.is_empty() {
            return Ok(ControlFlow::Break(()));
        }
        if let Some(whole) = Probe::whole(key)
            && self.offer_one_each(whole, take)?.is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
        let ends = key.match_indices(' ').map(|(space, _)| space + 1);
        let starts = std::iter::once(0).chain(ends).take(MOST_PROBES);
        let in_order = self.rarest(starts.map(|start| Probe::prefix(&key[start..])));
        // Words in another order need their half of the looks.
        let most = self.most;
        if words.len() > 1 {
            self.most /= 2;
        }
        if self.offer(in_order, take)?.is_break() || words.len() < 2 {
            return Ok(ControlFlow::Break(()));
        }
        self.most = most;
        let alone = words
            .iter()
            .enumerate()
            .take(MOST_PROBES)
            .map(|(place, word)| match place + 1 == words.len() {
                true => Probe::prefix(word),
                false => Probe::word(word),
            });
        let rarest = self.rarest(alone);
        self.offer(rarest, take)
    }

    /// The runs, one a shelf, of the probe that has the fewest entries.
    fn rarest(&self, probes: impl Iterator<Item = Probe>) -> Vec<Range<u32>> {
        let runs = |probe| -> Vec<Range<u32>> {
            self.shelves
                .iter()
                .map(|shelf| shelf.words.run(probe))
                .collect()
        };
        let entries = |runs: &Vec<Range<u32>>| runs.iter().map(Range::len).sum::<usize>();
        probes.map(runs).min_by_key(entries).unwrap_or_default()
    }

    /// Offers the first entry that a probe has on each shelf.
    fn offer_one_each<E>(
        &mut self,
        probe: Probe,
        take: &mut Take<E>,
    ) -> Result<ControlFlow<()>, E> {
        for (number, shelf) in self.shelves.iter().enumerate() {
            if let Some(place) = shelf.words.run(probe).next()
                && self.looks < self.most
            {
                self.looks += 1;
                let text = shelf.words.text(place);
                if take(Guess {
                    shelf: number,
                    text,
                })?
                .is_break()
                {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Offers the entries of runs, one a shelf, the best of all first.
    fn offer<E>(
        &mut self,
        runs: Vec<Range<u32>>,
        take: &mut Take<E>,
    ) -> Result<ControlFlow<()>, E> {
        let filled = runs.iter().filter(|run| !run.is_empty()).count();
        let share = (self.most.saturating_sub(self.looks) / filled.max(1)).max(1);
        let mut sources: Vec<Source> = Vec::with_capacity(filled);
        let mut turns: BinaryHeap<Turn> = BinaryHeap::with_capacity(filled);
        let runs = runs.into_iter().enumerate();
        for (shelf, run) in runs.filter(|(_, run)| !run.is_empty()) {
            if self.looks >= self.most {
                break;
            }
            let walk = self.shelves[shelf].words.walk(run, share);
            self.looks += walk.read_ahead;
            let mut source = Source { shelf, walk };
            turns.extend(self.turn(sources.len(), &mut source));
            sources.push(source);
        }
        while let Some(Reverse((.., number, place))) = turns.pop() {
            let shelf = sources[number].shelf;
            let text = self.shelves[shelf].words.text(place);
            if take(Guess { shelf, text })?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            turns.extend(self.turn(number, &mut sources[number]));
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The turn of a source's next entry, unless it has none or there may be no more looks.
    fn turn(&mut self, number: usize, source: &mut Source) -> Option<Turn> {
        let is_read = source.walk.read_ahead > 0;
        if !is_read && self.looks >= self.most {
            return None;
        }
        let place = source.walk.next()?;
        self.looks += usize::from(!is_read);
        let shelf = &self.shelves[source.shelf];
        let grade = shelf.words.grade(place);
        Some(Reverse((grade.inside, shelf.foreign, grade, number, place)))
    }
}

#[cfg(test)]
mod tests;
