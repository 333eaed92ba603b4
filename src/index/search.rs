//! One search: top hits, counts and total in one pass over the matches of one snapshot.

use std::cell::{OnceCell, RefCell};
use std::cmp::{Ordering, Reverse};

use tantivy::columnar::{Column, StrColumn};
use tantivy::query::{EnableScoring, PhraseQuery, Query, TermQuery, Weight};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, Term};

use super::IndexError;
use super::bits::Bits;
use super::gather::{BATCH, Batch, Best, Counts, Entry, Filtered, SortKey};
use super::lengths::LengthFactors;
use super::lookup::{Lookup, Sought};
use super::postings::{for_each_match, mark};
use super::proximity::{Near, Nearness};
use super::schema::title_order_field;
use super::segment::{Segment, text_at};
use super::snapshot::Snapshot;
use super::window::Window;
use crate::query::found::{Candidate, Found, Place};
use crate::query::page::Sort;
use crate::query::plan::Plan;
use crate::query::rank::{Matches, Rank};
use crate::query::text_field::TextScoring;

thread_local! {
    /// A third of a megabyte that every search of a thread uses again.
    static SCRATCH: RefCell<(Window, Batch)> = RefCell::default();
}

impl Snapshot {
    /// Finds what has the words of a plan and passes its filters. With `with_neutral`, each candidate also learns
    /// the place it would have for anybody.
    pub fn search<R: Rank>(
        &self,
        plan: &Plan,
        words: &Lookup,
        scoring: &TextScoring,
        rank: &R,
        with_neutral: bool,
    ) -> Result<Found, IndexError> {
        let factors = LengthFactors::new(scoring, &self.lengths);
        let mut counts = Counts::new(&plan.filters, &plan.facets, self.sets());
        let mut nearness = match plan.page.depth() {
            0 => None,
            _ => Nearness::new(self, plan, rank)?,
        };
        let mut leaders: Vec<Leader> = Vec::new();
        let mut neutral_points = Vec::new();
        for (number, segment) in self.segments.iter().enumerate() {
            let rows = &segment.columns.rows;
            let mut best = Best::new(
                rank,
                with_neutral,
                sort_key(plan, segment)?,
                &segment.columns.ids,
                plan.page.depth(),
            )
            .reaching(points_to_reach(&mut leaders, plan));
            let filtered = Filtered::new(&plan.filters, self.sets(), &segment.columns);
            let passing = filtered.as_ref().map(|filtered| &filtered.passing);
            let conditions = Conditions::new(self, number, plan)?;
            // What everything counts is known of the segment.
            let is_everything = plan.words.is_empty() && conditions.are_none();
            let is_tallied = is_everything && filtered.is_none();
            let mut matched = (filtered.is_some() && !is_everything)
                .then(|| Bits::for_documents(segment.reader.max_doc()));
            self.for_each_batch(
                number,
                &conditions,
                plan,
                words,
                &factors,
                passing,
                matched.as_mut(),
                |batch| {
                    batch.gather_first_words(rows);
                    if !is_tallied {
                        counts.take(batch, rows);
                    }
                    if let Some(nearness) = &mut nearness {
                        nearness.take(batch, &segment.columns.ids);
                    }
                    best.take(batch, rows);
                },
            )?;
            if is_tallied {
                counts.take_everything(&segment.columns);
            }
            if let Some(filtered) = &filtered {
                counts.take_failing(filtered, matched.as_ref(), &segment.columns);
            }
            let (entries, points) = best.into_parts();
            leaders.extend(
                entries
                    .into_iter()
                    .map(|entry| Leader::new(number as u32, entry)),
            );
            neutral_points.push(points);
            if let Some(nearness) = &mut nearness {
                nearness.end_segment(number);
            }
        }
        let mut near = match nearness {
            Some(nearness) => nearness.finish(&[])?,
            None => Near::default(),
        };
        near.add_to(&mut leaders);
        leaders.sort_by(|one, other| one.compare(other, self, plan));
        let page = leaders
            .into_iter()
            .skip(plan.page.offset)
            .take(plan.page.limit);
        let mut candidates: Vec<Candidate> =
            page.map(|leader| self.candidate(leader, &near)).collect();
        if with_neutral {
            near.add_to_neutral(&mut neutral_points);
            self.add_neutral_ranks(&mut candidates, rank, &neutral_points)?;
        }
        Ok(Found {
            total: counts.total,
            candidates,
            facets: counts.facet_counts(&self.vocabularies),
        })
    }

    /// Hands over the matches of the words in one segment, some thousands at a time; where `passing` is given, those in it
    /// alone. `matched`, which is empty, learns of all matches.
    #[allow(
        clippy::too_many_arguments,
        reason = "what one pass over a segment needs"
    )]
    pub(super) fn for_each_batch(
        &self,
        number: usize,
        conditions: &Conditions,
        plan: &Plan,
        words: &Lookup,
        factors: &LengthFactors,
        passing: Option<&Bits>,
        mut matched: Option<&mut Bits>,
        mut gather: impl FnMut(&mut Batch),
    ) -> Result<(), IndexError> {
        SCRATCH.with_borrow_mut(|(window, batch)| {
            batch.clear();
            let no_conditions = conditions.are_none();
            let share = 1.0 / words.best_score.max(f32::MIN_POSITIVE);
            let take = |documents: &[DocId], scores: &[f32]| {
                let texts = scores.iter().map(|score| (score * share).min(1.0));
                if no_conditions {
                    batch.extend(documents, texts);
                } else {
                    for (document, text) in documents.iter().zip(texts) {
                        if conditions.hold(*document) {
                            batch.push(*document, text);
                        }
                    }
                }
                if batch.is_full() {
                    gather(batch);
                    batch.clear();
                }
            };
            let segment = &self.segments[number];
            if plan.words.is_empty() {
                let all = segment.reader.max_doc();
                if let Some(matched) = &mut matched {
                    **matched = Bits::of(all, |_| true);
                }
                match passing {
                    Some(passing) => for_each_run(passing.iter(), take),
                    None => for_each_run(0..all, take),
                }
            } else {
                for_each_match(
                    words.words(),
                    number,
                    segment,
                    factors,
                    window,
                    passing,
                    matched.as_deref_mut(),
                    take,
                )?;
            }
            if let Some(matched) = matched.filter(|_| !no_conditions) {
                matched.retain(|document| conditions.hold(document));
            }
            gather(batch);
            batch.clear();
            Ok(())
        })
    }

    pub(super) fn candidate(&self, leader: Leader, near: &Near) -> Candidate {
        let Leader { segment, entry, .. } = leader;
        let place = Place {
            segment,
            document: entry.document,
        };
        Candidate {
            place,
            proximity: near.value(place),
            row: self.segments[segment as usize]
                .columns
                .rows
                .row(entry.document),
            text: entry.text,
            points: entry.points,
            neutral_rank: None,
        }
    }

    /// Finds words that stand next to one another in their exact form.
    pub(super) fn phrase(&self, words: &[String]) -> Result<Box<dyn Weight>, IndexError> {
        let term = |word: &String| Term::from_field_text(self.fields.exact, word);
        let query: Box<dyn Query> = match words {
            [word] => Box::new(TermQuery::new(term(word), IndexRecordOption::Basic)),
            words => Box::new(PhraseQuery::new(words.iter().map(term).collect())),
        };
        Ok(query.weight(EnableScoring::disabled_from_searcher(self.searcher()))?)
    }

    /// A neutral rank is one more than the number of matches that are neutrally better, or equal with a smaller id.
    fn add_neutral_ranks<R: Rank>(
        &self,
        candidates: &mut [Candidate],
        rank: &R,
        points: &[Vec<(i64, DocId)>],
    ) -> Result<(), IndexError> {
        let mut order: Vec<(i64, usize)> = candidates
            .iter()
            .enumerate()
            .map(|(place, candidate)| (self.neutral_points(rank, candidate), place))
            .collect();
        order.sort_unstable();
        let lowest = order.first().map_or(i64::MAX, |(points, _)| *points);
        // How many matches are better than each candidate of `order` but not than the next: summed up afterwards.
        let mut better = vec![0_u64; order.len() + 1];
        let mut ahead_of_equals = vec![0_u64; order.len()];
        for (number, points) in points.iter().enumerate() {
            let ids = &self.segments[number].columns.ids;
            let mut id_places: Vec<Option<u32>> = vec![None; order.len()];
            for (other, document) in points.iter().filter(|(points, _)| *points >= lowest) {
                let first = order.partition_point(|(own, _)| own < other);
                better[first] += 1;
                for (_, place) in order[first..].iter().take_while(|(own, _)| own == other) {
                    let own_place = match id_places[*place] {
                        Some(known) => known,
                        None => *id_places[*place]
                            .insert(self.id_place(candidates[*place].place, number)?),
                    };
                    let precedes = ids.place(*document) < own_place;
                    ahead_of_equals[*place] += u64::from(precedes);
                }
            }
        }
        let mut sum = 0;
        for (number, (_, place)) in order.iter().enumerate().rev() {
            sum += better[number + 1];
            candidates[*place].neutral_rank = Some(sum + ahead_of_equals[*place] + 1);
        }
        Ok(())
    }

    fn neutral_points<R: Rank>(&self, rank: &R, candidate: &Candidate) -> i64 {
        let Place { segment, document } = candidate.place;
        let mut points = [0];
        let rows = &self.segments[segment as usize].columns.rows;
        let mut first_words = Vec::new();
        rows.gather_first_words(&[document], &mut first_words);
        let matches = Matches {
            rows,
            places: &[document],
            first_words: &first_words,
            texts: &[candidate.text],
        };
        rank.neutral_points(&matches, &mut points);
        points[0] + rank.proximity_points(candidate.proximity)
    }

    /// Where a resource's id stands, or would stand, among the ids of a segment.
    fn id_place(&self, place: Place, in_segment: usize) -> Result<u32, IndexError> {
        let ids = &self.segments[in_segment].columns.ids;
        match place.segment as usize == in_segment {
            true => Ok(ids.place(place.document)),
            false => ids.place_of(&self.id(place)?),
        }
    }
}

/// Hands over documents without any words, and so without scores, as many at a time as are looked at together.
fn for_each_run(
    mut documents: impl Iterator<Item = DocId>,
    mut some: impl FnMut(&[DocId], &[f32]),
) {
    let no_scores = [0.0; BATCH];
    let mut run = Vec::with_capacity(BATCH);
    loop {
        run.clear();
        run.extend(documents.by_ref().take(BATCH));
        if run.is_empty() {
            return;
        }
        some(&run, &no_scores[..run.len()]);
    }
}

/// The points below which nothing is among the best, after some segments; the least of all when too few are known yet, or
/// points do not decide.
fn points_to_reach(leaders: &mut [Leader], plan: &Plan) -> i64 {
    let depth = plan.page.depth();
    if plan.sort != Sort::Relevance || depth == 0 || leaders.len() < depth {
        return i64::MIN;
    }
    let points = |leader: &Leader| Reverse(leader.entry.points);
    let (_, last, _) = leaders.select_nth_unstable_by_key(depth - 1, points);
    last.entry.points
}

/// What a document must satisfy besides having a word: be there still, have the phrases, have no exclusion.
pub(super) struct Conditions<'a> {
    segment: &'a Segment,
    required: Option<Bits>,
    forbidden: Option<Bits>,
}

impl<'a> Conditions<'a> {
    pub fn new(snapshot: &'a Snapshot, number: usize, plan: &Plan) -> Result<Self, IndexError> {
        let segment = &snapshot.segments[number];
        let mut required: Option<Bits> = None;
        for phrase in &plan.phrases {
            let mut having = Bits::for_documents(segment.reader.max_doc());
            mark_phrase(snapshot, segment, phrase, &mut having)?;
            match &mut required {
                Some(required) => required.intersect(&having),
                None => required = Some(having),
            }
        }
        let mut forbidden: Option<Bits> = None;
        for exclusion in &plan.exclusions {
            let bits =
                forbidden.get_or_insert_with(|| Bits::for_documents(segment.reader.max_doc()));
            match exclusion.as_slice() {
                [word] => {
                    let found = snapshot.find_word(word, Sought::Whole)?;
                    mark(&found.variant.places[number], &segment.columns, bits)?;
                }
                phrase => mark_phrase(snapshot, segment, phrase, bits)?,
            }
        }
        Ok(Conditions {
            segment,
            required,
            forbidden,
        })
    }

    /// Whether every document holds them.
    fn are_none(&self) -> bool {
        !self.segment.reader.has_deletes() && self.required.is_none() && self.forbidden.is_none()
    }

    #[inline]
    fn hold(&self, document: DocId) -> bool {
        !self.segment.reader.is_deleted(document)
            && self
                .required
                .as_ref()
                .is_none_or(|bits| bits.contains(document))
            && self
                .forbidden
                .as_ref()
                .is_none_or(|bits| !bits.contains(document))
    }
}

/// Marks the documents in which the words stand next to one another in their exact form.
fn mark_phrase(
    snapshot: &Snapshot,
    segment: &Segment,
    words: &[String],
    bits: &mut Bits,
) -> Result<(), IndexError> {
    let phrase = snapshot.phrase(words)?;
    phrase.for_each_no_score(&segment.reader, &mut |documents| {
        documents.iter().for_each(|document| bits.set(*document));
    })?;
    Ok(())
}

fn sort_key(plan: &Plan, segment: &Segment) -> Result<SortKey, IndexError> {
    Ok(match plan.sort {
        Sort::Relevance => SortKey::None,
        Sort::Newest => SortKey::Newest(segment.reader.fast_fields().i64("updated")?),
        Sort::Price => SortKey::Price,
        Sort::Title => SortKey::Title(titles(plan, segment)?.map_or_else(
            || Column::build_empty_column(segment.reader.max_doc()),
            |titles| titles.ords().clone(),
        )),
    })
}

fn titles(plan: &Plan, segment: &Segment) -> Result<Option<StrColumn>, IndexError> {
    Ok(segment
        .reader
        .fast_fields()
        .str(&title_order_field(plan.language))?)
}

/// One of the best of its segment, to be compared with those of the others.
pub(super) struct Leader {
    segment: u32,
    entry: Entry,
    id: OnceCell<String>,
    title: OnceCell<String>,
}

impl Leader {
    pub fn new(segment: u32, entry: Entry) -> Self {
        Leader {
            segment,
            entry,
            id: OnceCell::new(),
            title: OnceCell::new(),
        }
    }

    /// Its segment, and what is known of it there.
    pub fn entry(&self) -> (u32, &Entry) {
        (self.segment, &self.entry)
    }

    pub fn compare(&self, other: &Leader, snapshot: &Snapshot, plan: &Plan) -> Ordering {
        if self.segment == other.segment {
            return self.entry.cmp(&other.entry);
        }
        let by_key = match plan.sort {
            // Places in the alphabet are a segment's own: across segments the titles themselves decide.
            Sort::Title => match (self.entry.key, other.entry.key) {
                (0, 0) => Ordering::Equal,
                (0, _) => Ordering::Greater,
                (_, 0) => Ordering::Less,
                _ => self.title(snapshot, plan).cmp(other.title(snapshot, plan)),
            },
            _ => other.entry.key.cmp(&self.entry.key),
        };
        by_key
            .then(other.entry.points.cmp(&self.entry.points))
            .then_with(|| self.id(snapshot).cmp(other.id(snapshot)))
    }

    fn id(&self, snapshot: &Snapshot) -> &str {
        self.id.get_or_init(|| {
            let ids = &snapshot.segments[self.segment as usize].columns.ids;
            ids.at(self.entry.id_place).unwrap_or_default()
        })
    }

    fn title(&self, snapshot: &Snapshot, plan: &Plan) -> &str {
        self.title.get_or_init(|| {
            let titles = titles(plan, &snapshot.segments[self.segment as usize])
                .ok()
                .flatten();
            titles
                .and_then(|titles| text_at(&titles, u64::MAX - self.entry.key).ok())
                .unwrap_or_default()
        })
    }
}
