//! How near to one another a resource has the words of a question: told of the few matches whose words match best.
//!
//! The pass over all matches knows how often a word occurs, not where. Places cost a look into other lists, so they are
//! read afterwards, for the [`REACH`] matches with the best texts among those that pass the filters. Who they are
//! depends on the question alone, neither on the page nor on the asker; nearness only adds points; so the order stays
//! one order over all pages, and the neutral one as well.
//!
//! The measure goes over neighbouring words of the question, as in *Term proximity scoring for ad-hoc retrieval*
//! (Büttcher, Clarke and Lushman, SIGIR 2006), stop words left out: each place where both stand within [`WINDOW`] words
//! counts 1 / √distance; their sum t becomes t / (1 + t); pairs weigh the mean of their words' idf, against the sum of
//! the idf of all words. The root in the place of their square keeps "game of fractions" close to "fractions game".

use std::cmp::Reverse;
use std::collections::HashMap;

use tantivy::postings::{Postings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, TERMINATED};

use super::IndexError;
use super::gather::{Batch, Entry, Top};
use super::lookup::{Sought, idf};
use super::search::Leader;
use super::segment::Ids;
use super::snapshot::Snapshot;
use crate::query::found::{Candidate, Place};
use crate::query::page::Sort;
use crate::query::plan::Plan;
use crate::query::rank::Rank;

/// How many of the best texts are looked into. More change no first page that was measured, and cost more.
const REACH: usize = 50;

/// Words further apart have nothing to do with one another: about a sentence.
const WINDOW: u32 = 8;

/// The pairs of a long question that tell most: a bound for the lists that are read.
const MOST_PAIRS: usize = 8;

/// The words of a question whose nearness counts, and the best texts seen so far.
pub(super) struct Nearness<'a, R> {
    snapshot: &'a Snapshot,
    plan: &'a Plan,
    rank: &'a R,
    words: Vec<PlacedWord>,
    pairs: Vec<Pair>,
    /// The sum of the idf of all words.
    whole: f32,
    top: Top,
    /// Below this text nothing is kept any more.
    worst: f32,
    best: Vec<Leader>,
}

/// A word with its list of exact forms in each segment.
#[derive(Clone)]
struct PlacedWord {
    idf: f32,
    infos: Vec<Option<TermInfo>>,
}

/// Neighbours in the question, by their places among its words.
#[derive(Clone, Copy)]
struct Pair {
    one: usize,
    other: usize,
    weight: f32,
}

/// What nearness adds to matches, and to nobody else.
#[derive(Default)]
pub(super) struct Near {
    by_place: HashMap<(u32, DocId), Gain>,
    /// The matches that are here, with their full points.
    leaders: Vec<Leader>,
}

/// What nearness does for a match.
struct Gain {
    value: f32,
    /// What the match is worth to anybody, with nearness.
    neutral_points: i64,
}

impl<'a, R: Rank> Nearness<'a, R> {
    /// Nothing when nearness cannot count: in another order, for fewer than two words, or without weight.
    pub fn new(
        snapshot: &'a Snapshot,
        plan: &'a Plan,
        rank: &'a R,
    ) -> Result<Option<Self>, IndexError> {
        if plan.sort != Sort::Relevance || plan.words.len() < 2 || rank.proximity_points(1.0) == 0 {
            return Ok(None);
        }
        let words = plan.words.iter().map(|word| placed(word, snapshot));
        let words = words.collect::<Result<Vec<_>, _>>()?;
        let mut pairs: Vec<Pair> = (1..words.len())
            .filter(|other| words[other - 1].idf > 0.0 && words[*other].idf > 0.0)
            .map(|other| Pair {
                one: other - 1,
                other,
                weight: (words[other - 1].idf + words[other].idf) / 2.0,
            })
            .collect();
        pairs.sort_by(|one, other| other.weight.total_cmp(&one.weight));
        pairs.truncate(MOST_PAIRS);
        let whole = words.iter().map(|word| word.idf).sum();
        Ok((!pairs.is_empty()).then(|| Nearness {
            snapshot,
            plan,
            rank,
            words,
            pairs,
            whole,
            top: Top::new(REACH),
            worst: 0.0,
            best: Vec::new(),
        }))
    }

    /// The same words, for other matches.
    pub fn afresh(&self) -> Self {
        Nearness {
            words: self.words.clone(),
            pairs: self.pairs.clone(),
            top: Top::new(REACH),
            worst: 0.0,
            best: Vec::new(),
            ..*self
        }
    }

    /// Takes matches of a segment that pass every filter.
    pub fn take(&mut self, batch: &Batch, ids: &Ids) {
        for (document, text) in batch.places.iter().zip(&batch.texts) {
            self.take_one(*document, *text, ids);
        }
    }

    pub fn take_one(&mut self, document: DocId, text: f32, ids: &Ids) {
        if text < self.worst {
            return;
        }
        self.top.take(Entry {
            // Texts are not negative, so that their bits are in their order.
            key: u64::from(text.to_bits()),
            points: 0,
            id_place: ids.place(document),
            document,
            text,
        });
        if let Some(worst) = self.top.worst() {
            self.worst = worst.text;
        }
    }

    pub fn end_segment(&mut self, number: usize) {
        let entries = self.top.drain();
        self.best
            .extend(entries.map(|entry| Leader::new(number as u32, entry)));
        if self.best.len() >= REACH {
            let key = |leader: &Leader| Reverse(leader.entry().1.key);
            let (_, last, _) = self.best.select_nth_unstable_by_key(REACH - 1, key);
            self.worst = last.entry().1.text;
        }
    }

    /// The best texts, once every segment is seen.
    pub fn reached(&mut self) -> &[Leader] {
        let (snapshot, plan) = (self.snapshot, self.plan);
        self.best
            .sort_by(|one, other| one.compare(other, snapshot, plan));
        self.best.truncate(REACH);
        &self.best
    }

    /// Reads the places of the words in the best texts, those that rivals leave among the best of all.
    pub fn finish(mut self, rivals: &[Leader]) -> Result<Near, IndexError> {
        let (snapshot, plan) = (self.snapshot, self.plan);
        let own = self.reached().iter().enumerate();
        let is_reached = |(place, own): &(usize, &Leader)| {
            place + rivals.partition_point(|rival| rival.compare(own, snapshot, plan).is_lt())
                < REACH
        };
        let reached = own.take_while(is_reached).count();
        self.best.truncate(reached);
        let mut near = Near::default();
        for number in 0..snapshot.segments.len() {
            let best = self.best.iter().map(Leader::entry);
            let mut entries: Vec<Entry> = best
                .filter(|(segment, _)| *segment as usize == number)
                .map(|(_, entry)| *entry)
                .collect();
            entries.sort_by_key(|entry| entry.document);
            let values = self.values(number, &entries)?;
            let points = self.points(number, &entries);
            for ((entry, value), points) in entries.into_iter().zip(values).zip(points) {
                if value > 0.0 {
                    let gained = self.rank.proximity_points(value);
                    let [neutral_points, points] = points.map(|points| points + gained);
                    let place = (number as u32, entry.document);
                    let gain = Gain {
                        value,
                        neutral_points,
                    };
                    near.by_place.insert(place, gain);
                    let entry = Entry {
                        key: 0,
                        points,
                        ..entry
                    };
                    near.leaders.push(Leader::new(number as u32, entry));
                }
            }
        }
        Ok(near)
    }

    /// What matches of a segment are worth without nearness, to anybody and to the asker.
    fn points(&self, number: usize, entries: &[Entry]) -> Vec<[i64; 2]> {
        let rows = &self.snapshot.segments[number].columns.rows;
        let mut batch = Batch::default();
        for entry in entries {
            batch.push(entry.document, entry.text);
        }
        batch.gather_first_words(rows);
        let mut neutral = vec![0; entries.len()];
        let matches = batch.matches(rows);
        self.rank.neutral_points(&matches, &mut neutral);
        let mut points = neutral.clone();
        self.rank.add_personal_points(&matches, &mut points);
        let both = neutral.into_iter().zip(points);
        both.map(|(neutral, points)| [neutral, points]).collect()
    }

    /// How near the words are in some documents of a segment, each between 0 and 1.
    fn values(&self, number: usize, entries: &[Entry]) -> Result<Vec<f32>, IndexError> {
        let places = self.places(number, entries)?;
        let value = |document: usize| {
            let of = |word: usize| places[word][document].as_slice();
            let pairs = self.pairs.iter().map(|pair| {
                let met = meetings(of(pair.one), of(pair.other));
                pair.weight * met / (1.0 + met)
            });
            pairs.sum::<f32>() / self.whole.max(f32::MIN_POSITIVE)
        };
        Ok((0..entries.len()).map(value).collect())
    }

    /// Where each word stands in each of the documents: by word, then by document.
    fn places(&self, number: usize, entries: &[Entry]) -> Result<Vec<Vec<Vec<u32>>>, IndexError> {
        let reader = &self.snapshot.segments[number].reader;
        let exact = reader.inverted_index(self.snapshot.fields.exact)?;
        let in_pair = |word: usize| {
            let pairs = self.pairs.iter();
            pairs
                .flat_map(|pair| [pair.one, pair.other])
                .any(|paired| paired == word)
        };
        let mut places = vec![vec![Vec::new(); entries.len()]; self.words.len()];
        for (word, (placed, places)) in self.words.iter().zip(&mut places).enumerate() {
            let Some(info) = placed.infos[number].as_ref().filter(|_| in_pair(word)) else {
                continue;
            };
            let option = IndexRecordOption::WithFreqsAndPositions;
            let mut postings = exact.read_postings_from_terminfo(info, option)?;
            for (entry, places) in entries.iter().zip(places) {
                if postings.doc() < entry.document {
                    postings.seek(entry.document);
                }
                if postings.doc() == TERMINATED {
                    break;
                }
                if postings.doc() == entry.document {
                    postings.positions(places);
                }
            }
        }
        Ok(places)
    }
}

impl Near {
    /// How near a match has the words, 0 where nobody looked.
    pub fn value(&self, place: Place) -> f32 {
        let gain = self.by_place.get(&(place.segment, place.document));
        gain.map_or(0.0, |gain| gain.value)
    }

    /// Puts the matches that gain in the place of themselves.
    pub fn add_to(&mut self, leaders: &mut Vec<Leader>) {
        leaders.retain(|leader| {
            let (segment, entry) = leader.entry();
            !self.by_place.contains_key(&(segment, entry.document))
        });
        leaders.append(&mut self.leaders);
    }

    /// Adds to the neutral points of each segment, which are in the order of their documents, or puts in those that
    /// were too low without nearness.
    pub fn add_to_neutral(&self, points: &mut [Vec<(i64, DocId)>]) {
        let mut others: Vec<(usize, (i64, DocId))> = Vec::new();
        for ((segment, document), gain) in &self.by_place {
            let (number, gained) = (*segment as usize, (gain.neutral_points, *document));
            let points = &mut points[number];
            match points.binary_search_by_key(document, |(_, document)| *document) {
                Ok(at) => points[at] = gained,
                Err(_) => others.push((number, gained)),
            }
        }
        for (number, gained) in others {
            points[number].push(gained);
        }
    }
}

impl Snapshot {
    /// Candidates of a plan, all that pass some filters, in the order of relevance with nearness.
    pub fn order_with_nearness<R: Rank>(
        &self,
        plan: &Plan,
        rank: &R,
        candidates: Vec<Candidate>,
    ) -> Result<Vec<Candidate>, IndexError> {
        let Some(mut nearness) = Nearness::new(self, plan, rank)? else {
            return Ok(candidates);
        };
        let of = |candidate: &Candidate, key: u64| Entry {
            key,
            points: candidate.points,
            id_place: self.segments[candidate.place.segment as usize]
                .columns
                .ids
                .place(candidate.place.document),
            document: candidate.place.document,
            text: candidate.text,
        };
        let with_key =
            |candidate: &Candidate, key| Leader::new(candidate.place.segment, of(candidate, key));
        let best = candidates.iter().map(|candidate| {
            Leader::new(
                candidate.place.segment,
                Entry {
                    points: 0,
                    ..of(candidate, u64::from(candidate.text.to_bits()))
                },
            )
        });
        nearness.best = best.collect();
        let mut near = nearness.finish(&[])?;
        let mut leaders: Vec<Leader> = candidates.iter().map(|one| with_key(one, 0)).collect();
        near.add_to(&mut leaders);
        leaders.sort_by(|one, other| one.compare(other, self, plan));
        let ordered = leaders.into_iter();
        Ok(ordered
            .map(|leader| self.candidate(leader, &near))
            .collect())
    }
}

fn placed(word: &str, snapshot: &Snapshot) -> Result<PlacedWord, IndexError> {
    let found = snapshot.find_word(word, Sought::Whole)?;
    let places = found.variant.places.iter();
    let infos: Vec<_> = places.map(|places| places.exact.first().cloned()).collect();
    let found = infos.iter().flatten().map(|info| u64::from(info.doc_freq));
    Ok(PlacedWord {
        idf: idf(found.sum(), snapshot.resources()),
        infos,
    })
}

/// The sum of 1 / √distance over every two places, one of each list, that are within the window. Both lists grow.
fn meetings(ones: &[u32], others: &[u32]) -> f32 {
    let mut sum = 0.0;
    let mut from = 0;
    for one in ones {
        while others.get(from).is_some_and(|other| other + WINDOW < *one) {
            from += 1;
        }
        for other in others[from..]
            .iter()
            .take_while(|other| **other <= one + WINDOW)
        {
            let distance = one.abs_diff(*other);
            if distance > 0 {
                sum += 1.0 / (distance as f32).sqrt();
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_meet_within_the_window_the_closer_the_more() {
        assert_eq!(meetings(&[], &[1, 2]), 0.0);
        assert_eq!(meetings(&[10], &[11]), 1.0);
        assert_eq!(meetings(&[10], &[6]), 0.5);
        assert_eq!(meetings(&[10], &[19]), 0.0);
        assert_eq!(meetings(&[1, 100], &[2, 50, 99, 101]), 3.0);
        assert!(meetings(&[1], &[2]) > meetings(&[1], &[3]));
    }
}
