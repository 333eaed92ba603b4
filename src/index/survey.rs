//! One pass for guidance: the best of what satisfies every wish, and beside it what fails only a few of them.
//!
//! A search forgets what its filters leave out. Here every match of the words is told which wishes it fails, as a set of
//! bits; those that fail one alone are ranked as well, so that giving it up can be weighed.

use std::cmp::Reverse;

use super::IndexError;
use super::gather::{Batch, Best, Counts, Entry, SortKey};
use super::lengths::LengthFactors;
use super::lookup::Lookup;
use super::proximity::{Near, Nearness};
use super::search::{Conditions, Leader};
use super::segment::Ids;
use super::snapshot::Snapshot;
use crate::query::attributes::{Rows, Sets};
use crate::query::facet::Facet;
use crate::query::filter::Filters;
use crate::query::found::{Candidate, Failing, Found, Surveyed, WishSet};
use crate::query::need::{Limit, Wish};
use crate::query::plan::Plan;
use crate::query::rank::Rank;
use crate::query::text_field::TextScoring;

/// What a survey looks for besides the best matches.
#[derive(Default)]
pub struct Scope<'a> {
    /// What a match must satisfy, at most 32; the plan's own filters are not looked at.
    pub wishes: &'a [Wish],
    /// Wishes that may be failed together and still be noted: what they say in common.
    pub together: WishSet,
    /// Costs in cents of which it is counted how many matches stay within.
    pub costs: &'a [u64],
}

impl Snapshot {
    /// Surveys what has the words of a plan: the best of what satisfies every wish, as many as its page holds from the
    /// first, and what fails few.
    pub fn survey<R: Rank>(
        &self,
        plan: &Plan,
        words: &Lookup,
        scoring: &TextScoring,
        rank: &R,
        scope: &Scope,
    ) -> Result<Surveyed, IndexError> {
        let factors = LengthFactors::new(scoring, &self.lengths);
        let no_filters = Filters::default();
        let mut counts = Counts::new(&no_filters, &plan.facets, self.sets());
        let mut within_cost = vec![0; scope.costs.len()];
        let mut nearness = Nearness::new(self, plan, rank)?;
        let mut failures = Failures::new(scope, self.sets(), nearness.as_ref());
        let mut leaders = Vec::new();
        for (number, segment) in self.segments.iter().enumerate() {
            let rows = &segment.columns.rows;
            let ids = &segment.columns.ids;
            let depth = plan.page.depth();
            let mut best = Best::new(rank, false, SortKey::None, ids, depth);
            let conditions = Conditions::new(self, number, plan)?;
            self.for_each_batch(
                number,
                &conditions,
                plan,
                words,
                &factors,
                None,
                None,
                |batch| {
                    batch.gather_first_words(rows);
                    failures.take(batch, rows, rank, ids);
                    counts.take(batch, rows);
                    for (max, within) in scope.costs.iter().zip(&mut within_cost) {
                        let costs = batch.places.iter().map(|place| rows.cost_cents(*place));
                        *within += costs.flatten().filter(|cost| cost <= max).count() as u64;
                    }
                    if let Some(nearness) = &mut nearness {
                        nearness.take(batch, ids);
                    }
                    best.take(batch, rows);
                },
            )?;
            let (entries, _) = best.into_parts();
            let of_segment = |entry| Leader::new(number as u32, entry);
            leaders.extend(entries.into_iter().map(of_segment));
            failures.end_segment(number as u32, self, plan);
            if let Some(nearness) = &mut nearness {
                nearness.end_segment(number);
            }
        }
        let rivals = nearness.as_mut().map(Nearness::reached);
        let mut smallest = std::mem::take(&mut failures.smallest);
        let failing = failures.finish(rivals.unwrap_or_default(), self, plan)?;
        let mut near = match nearness {
            Some(nearness) => nearness.finish(&[])?,
            None => Near::default(),
        };
        near.add_to(&mut leaders);
        leaders.sort_by(|one, other| one.compare(other, self, plan));
        leaders.truncate(plan.page.depth());
        let candidates: Vec<Candidate> = leaders
            .into_iter()
            .map(|leader| self.candidate(leader, &near))
            .collect();
        let apart = candidates
            .iter()
            .map(|candidate| candidate.points - rank.proximity_points(candidate.proximity));
        let mut points_apart: Vec<i64> = apart.collect();
        points_apart.sort_unstable_by_key(|points| Reverse(*points));
        if counts.total > 0 {
            smallest = vec![0];
        }
        Ok(Surveyed {
            found: Found {
                total: counts.total,
                candidates,
                facets: Vec::new(),
            },
            points_apart,
            tallies: counts.tallies(),
            within_cost,
            failing,
            smallest,
        })
    }
}

/// What is noted of matches that fail wishes, over all segments.
struct Failures<'a, R> {
    limits: Vec<LimitTable>,
    together: WishSet,
    kinds: Vec<Kind<'a, R>>,
    /// That of what fails nothing.
    nearness: Option<Nearness<'a, R>>,
    smallest: Vec<WishSet>,
    /// The wishes that each match of a batch fails.
    failed: Vec<WishSet>,
    /// The matches of a batch that are noted, and the place of their kind.
    noted: Batch,
    noted_kinds: Vec<usize>,
    points: Vec<i64>,
}

/// A limit made ready for many matches.
enum LimitTable {
    /// Whether a set passes, by set number.
    Sets(Facet, Vec<bool>),
    MaxCost(u64),
}

/// The matches that fail the same wishes.
struct Kind<'a, R> {
    wishes: WishSet,
    points: Vec<i64>,
    /// The best of the segment at hand, and of those before.
    best: Option<Entry>,
    leader: Option<Leader>,
    nearness: Option<Nearness<'a, R>>,
}

impl<'a, R: Rank> Failures<'a, R> {
    fn new(scope: &Scope, sets: &Sets, nearness: Option<&Nearness<'a, R>>) -> Self {
        let table = |wish: &Wish| match &wish.limit {
            Limit::Facet(facet, values) => LimitTable::Sets(*facet, sets.passing(*facet, values)),
            Limit::MaxCost(max) => LimitTable::MaxCost(*max),
        };
        Failures {
            limits: scope.wishes.iter().map(table).collect(),
            together: scope.together,
            kinds: Vec::new(),
            nearness: nearness.map(Nearness::afresh),
            smallest: Vec::new(),
            failed: Vec::new(),
            noted: Batch::default(),
            noted_kinds: Vec::new(),
            points: Vec::new(),
        }
    }

    /// Leaves those that fail nothing in the batch, and notes the others.
    fn take(&mut self, batch: &mut Batch, rows: &Rows, rank: &R, ids: &Ids) {
        if self.limits.is_empty() {
            return;
        }
        self.find_failed(batch, rows);
        self.noted.clear();
        self.noted_kinds.clear();
        let failed = std::mem::take(&mut self.failed);
        for (at, wishes) in failed
            .iter()
            .enumerate()
            .filter(|(_, wishes)| **wishes != 0)
        {
            self.keep_smallest(*wishes);
            if wishes.count_ones() == 1 || wishes & !self.together == 0 {
                self.noted.push(batch.places[at], batch.texts[at]);
                let kind = self.kind(*wishes);
                self.noted_kinds.push(kind);
            }
        }
        batch.keep_passed(&failed);
        self.failed = failed;
        self.noted.gather_first_words(rows);
        self.points.resize(self.noted.places.len(), 0);
        let matches = self.noted.matches(rows);
        rank.neutral_points(&matches, &mut self.points);
        rank.add_personal_points(&matches, &mut self.points);
        for (at, (kind, points)) in self.noted_kinds.iter().zip(&self.points).enumerate() {
            let (document, text) = (self.noted.places[at], self.noted.texts[at]);
            let kind = &mut self.kinds[*kind];
            kind.points.push(*points);
            if let Some(nearness) = &mut kind.nearness {
                nearness.take_one(document, text, ids);
            }
            if kind.best.is_none_or(|best| best.points <= *points) {
                let entry = Entry {
                    key: 0,
                    points: *points,
                    id_place: ids.place(document),
                    document,
                    text,
                };
                if kind.best.is_none_or(|best| entry < best) {
                    kind.best = Some(entry);
                }
            }
        }
    }

    fn find_failed(&mut self, batch: &Batch, rows: &Rows) {
        self.failed.clear();
        self.failed.resize(batch.places.len(), 0);
        for (number, limit) in self.limits.iter().enumerate() {
            match limit {
                LimitTable::Sets(facet, passes) => {
                    let matches = batch.matches(rows);
                    matches.each_number(rows.sets(*facet), &mut self.failed, |set, failed| {
                        *failed |= WishSet::from(!passes[set]) << number;
                    });
                }
                LimitTable::MaxCost(max) => {
                    for (place, failed) in batch.places.iter().zip(&mut self.failed) {
                        let fails = rows.cost_cents(*place).is_none_or(|cost| cost > *max);
                        *failed |= WishSet::from(fails) << number;
                    }
                }
            }
        }
    }

    /// Those of one size remain, the smallest seen: the first look decides.
    fn keep_smallest(&mut self, wishes: WishSet) {
        let size = |set: &WishSet| set.count_ones();
        let least = self.smallest.first().map_or(u32::MAX, size);
        if size(&wishes) < least {
            self.smallest.clear();
        }
        if size(&wishes) <= least && !self.smallest.contains(&wishes) {
            self.smallest.push(wishes);
        }
    }

    fn kind(&mut self, wishes: WishSet) -> usize {
        let known = self.kinds.iter().position(|kind| kind.wishes == wishes);
        known.unwrap_or_else(|| {
            self.kinds.push(Kind {
                wishes,
                points: Vec::new(),
                best: None,
                leader: None,
                nearness: self.nearness.as_ref().map(Nearness::afresh),
            });
            self.kinds.len() - 1
        })
    }

    /// The best of the segment against the best of those before it.
    fn end_segment(&mut self, segment: u32, snapshot: &Snapshot, plan: &Plan) {
        for kind in &mut self.kinds {
            if let Some(nearness) = &mut kind.nearness {
                nearness.end_segment(segment as usize);
            }
            let Some(entry) = kind.best.take() else {
                continue;
            };
            let own = Leader::new(segment, entry);
            let is_better = |leader: &Leader| own.compare(leader, snapshot, plan).is_lt();
            if kind.leader.as_ref().is_none_or(is_better) {
                kind.leader = Some(own);
            }
        }
    }

    /// The matches of each kind with the best of them, which stand beside what fails nothing.
    fn finish(
        self,
        rivals: &[Leader],
        snapshot: &Snapshot,
        plan: &Plan,
    ) -> Result<Vec<Failing>, IndexError> {
        let mut failing = Vec::new();
        for kind in self.kinds {
            let mut near = match kind.nearness {
                Some(nearness) => nearness.finish(rivals)?,
                None => Near::default(),
            };
            let mut leaders: Vec<Leader> = kind.leader.into_iter().collect();
            near.add_to(&mut leaders);
            let best = leaders
                .into_iter()
                .min_by(|one, other| one.compare(other, snapshot, plan));
            failing.extend(best.map(|best| Failing {
                wishes: kind.wishes,
                points: kind.points,
                best: snapshot.candidate(best, &near),
            }));
        }
        Ok(failing)
    }
}
