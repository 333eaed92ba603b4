//! From a need to a short list, the next question, and what could be given up.

use std::sync::Arc;

use super::ServiceError;
use super::kept_answers::KeptAnswers;
use super::search::{Hit, Moment, Prepared, Search};
use crate::domain::actor::Actor;
use crate::domain::language::LanguageMap;
use crate::guidance::question::{self, Asking, Question, Told};
use crate::guidance::relaxation::{self, Hidden, Relaxation};
use crate::index::record;
use crate::index::survey::Scope;
use crate::query::facet::Facet;
use crate::query::filter::Filters;
use crate::query::found::Surveyed;
use crate::query::need::{Limit, Need, Topic, Wish};
use crate::query::page::Page;
use crate::query::plan::Plan;
use crate::query::understanding::Expression;

/// Helps to decide, from the current snapshot of the index.
pub struct Guidance {
    search: Arc<Search>,
    /// What is found where guidance begins: nothing is said yet, and the whole catalogue is looked at.
    kept: KeptAnswers<Plan, Surveyed>,
}

/// Everything a door needs to answer.
pub struct GuidanceOutcome {
    pub total: u64,
    pub corrected: Option<String>,
    /// What expressions of the text were taken for.
    pub understood: Vec<Expression>,
    /// What had to hold; the others below name wishes by their place here.
    pub wishes: Vec<Wish>,
    pub shortlist: Vec<Hit>,
    pub question: Option<Question>,
    pub relaxations: Vec<(Relaxation, Newcomer)>,
    /// Only when nothing satisfies every wish.
    pub minimal: Vec<Vec<usize>>,
    /// Whether the words must be given up besides: nothing has any of them.
    pub drops_words: bool,
    pub hidden: Vec<Hidden>,
}

/// The best of what a concession would bring.
pub struct Newcomer {
    pub id: String,
    pub title: LanguageMap,
    /// Ten-thousandths.
    pub points: i64,
}

impl Guidance {
    pub fn new(search: Arc<Search>) -> Self {
        Guidance {
            search,
            kept: KeptAnswers::default(),
        }
    }

    /// The short list of a need, what to ask next, and what giving up a wish would bring.
    ///
    /// # Errors
    /// When the index cannot be read; it is reported, to be built anew.
    pub fn guide(&self, actor: &Actor, need: &Need) -> Result<GuidanceOutcome, ServiceError> {
        self.guide_at(self.search.now(), actor, need)
    }

    /// What giving up a wish would bring, alone: for who has the results of a search already. There is no short list, and
    /// no question.
    pub fn concessions(&self, actor: &Actor, need: &Need) -> Result<GuidanceOutcome, ServiceError> {
        let search = &self.search;
        search.report(self.answer(search.now(), actor, need, Depth::Concessions))
    }

    /// As [`Guidance::guide`], at a moment of the caller's.
    pub(super) fn guide_at(
        &self,
        moment: Moment,
        actor: &Actor,
        need: &Need,
    ) -> Result<GuidanceOutcome, ServiceError> {
        self.search
            .report(self.answer(moment, actor, need, Depth::Whole))
    }

    /// Every question that could be asked now, the best first.
    pub fn questions(&self, actor: &Actor, need: &Need) -> Result<Vec<Question>, ServiceError> {
        let survey = self.survey(self.search.now(), actor, need, Depth::Whole)?;
        Ok(question::questions(&self.asking(&survey, need), |topic| {
            self.told(topic, need, &survey.wishes, &survey.prepared)
        }))
    }

    fn answer(
        &self,
        moment: Moment,
        actor: &Actor,
        need: &Need,
        depth: Depth,
    ) -> Result<GuidanceOutcome, ServiceError> {
        let survey = self.survey(moment.clone(), actor, need, depth)?;
        let Survey {
            prepared,
            wishes,
            surveyed,
        } = &survey;
        let shown = match depth {
            Depth::Whole => need.query.page.limit,
            Depth::Concessions => 0,
        };
        let candidates = &surveyed.found.candidates;
        let shortlist = &candidates[..candidates.len().min(shown)];
        let mut relaxations = Vec::new();
        for relaxation in relaxation::relaxations(surveyed) {
            let newcomer = newcomer(prepared, &relaxation)?;
            relaxations.push((relaxation, newcomer));
        }
        let mut minimal = Vec::new();
        let mut drops_words = false;
        if surveyed.found.total == 0 {
            minimal = relaxation::minimal(surveyed);
            if minimal.is_empty() && !need.query.text.trim().is_empty() {
                let without_words = self.without_words(moment, actor, need, wishes)?;
                drops_words = !without_words.smallest.is_empty();
                minimal = match without_words.found.total {
                    0 => relaxation::minimal(&without_words),
                    _ => vec![Vec::new()],
                };
            }
        }
        Ok(GuidanceOutcome {
            total: surveyed.found.total,
            corrected: prepared.corrected.clone(),
            understood: prepared.understood.expressions.clone(),
            shortlist: prepared.hits(shortlist, &need.query)?,
            question: match depth {
                Depth::Whole => question::next(&self.asking(&survey, need), |topic| {
                    self.told(topic, need, wishes, prepared)
                }),
                Depth::Concessions => None,
            },
            relaxations,
            minimal,
            drops_words,
            hidden: relaxation::hidden(surveyed, relaxation::fleet(wishes), shown),
            wishes: survey.wishes,
        })
    }

    fn survey(
        &self,
        moment: Moment,
        actor: &Actor,
        need: &Need,
        depth: Depth,
    ) -> Result<Survey, ServiceError> {
        let search = &self.search;
        let mut prepared = search.prepare_at(moment, actor, &need.query, |_, _| true)?;
        let filters = std::mem::take(&mut prepared.plan.filters);
        let wishes = need.wishes(&filters, &self.search.schema().vocabularies);
        match depth {
            Depth::Whole => self.widen(&mut prepared, need, &wishes),
            Depth::Concessions => {
                prepared.plan.facets = Vec::new();
                prepared.plan.page = Page {
                    limit: 0,
                    offset: 0,
                };
            }
        }
        let look = || self.look(&prepared, &wishes, depth);
        let surveyed = match wishes.is_empty() && prepared.is_everybodys() {
            true => {
                let Prepared {
                    plan,
                    snapshot,
                    day,
                    ..
                } = &prepared;
                self.kept.get_or(plan, snapshot, *day, look)?
            }
            false => Arc::new(look()?),
        };
        Ok(Survey {
            prepared,
            wishes,
            surveyed,
        })
    }

    /// A plan for the best few hundred, and for what may be asked about them.
    fn widen(&self, prepared: &mut Prepared, need: &Need, wishes: &[Wish]) {
        let vocabularies = &self.search.schema().vocabularies;
        prepared.plan.facets = question::counted(vocabularies, |topic| {
            self.told(topic, need, wishes, prepared)
        });
        prepared.plan.page = Page {
            limit: question::POOL.max(need.query.page.limit),
            offset: 0,
        };
    }

    fn look(
        &self,
        prepared: &Prepared,
        wishes: &[Wish],
        depth: Depth,
    ) -> Result<Surveyed, ServiceError> {
        let is_whole = depth == Depth::Whole;
        let scope = Scope {
            wishes,
            together: relaxation::fleet(wishes),
            costs: if is_whole { question::costs() } else { &[] },
        };
        let Prepared {
            snapshot,
            plan,
            words,
            rank,
            ..
        } = prepared;
        Ok(snapshot.survey(plan, words, &self.search.weights().text, rank, &scope)?)
    }

    /// What the same wishes find when no word is asked for.
    fn without_words(
        &self,
        moment: Moment,
        actor: &Actor,
        need: &Need,
        wishes: &[Wish],
    ) -> Result<Surveyed, ServiceError> {
        let mut need = need.clone();
        need.query.text = String::new();
        let search = &self.search;
        let mut prepared = search.prepare_at(moment, actor, &need.query, |_, _| true)?;
        prepared.plan.filters = Filters::default();
        self.widen(&mut prepared, &need, wishes);
        self.look(&prepared, wishes, Depth::Whole)
    }

    fn asking<'s>(&'s self, survey: &'s Survey, need: &'s Need) -> Asking<'s> {
        Asking {
            surveyed: &survey.surveyed,
            sets: survey.prepared.snapshot.sets(),
            vocabularies: &self.search.schema().vocabularies,
            wishes: &survey.wishes,
            skipped: &need.skipped,
            shown: need.query.page.limit,
        }
    }

    /// As [`told`]; and who has told the devices may have told their system.
    fn told(&self, topic: Topic, need: &Need, wishes: &[Wish], prepared: &Prepared) -> Told {
        let tells_system = |wish: &Wish| match &wish.limit {
            Limit::Facet(Facet::Device, values) => {
                let schema = self.search.schema();
                let vocabulary = schema.vocabularies.get(Facet::Device.name());
                let ids = values
                    .iter()
                    .map(|value| vocabulary.term(*value).id.clone());
                schema.compatibility.tells_system(&ids.collect::<Vec<_>>())
            }
            _ => false,
        };
        let of_system = topic == Topic::Facet(Facet::Os);
        match of_system && wishes.iter().any(tells_system) {
            true => Told::Enough,
            false => told(topic, need, wishes, prepared),
        }
    }
}

/// How much of an answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    Whole,
    /// What giving up a wish would bring, and nothing else.
    Concessions,
}

/// A need looked up.
struct Survey {
    prepared: Prepared,
    wishes: Vec<Wish>,
    surveyed: Arc<Surveyed>,
}

/// What the profile, the words, the answers or a skip tell already. Only an answer may be rough: what else is known is not
/// asked about.
fn told(topic: Topic, need: &Need, wishes: &[Wish], prepared: &Prepared) -> Told {
    let is_wished = |topic| wishes.iter().any(|wish| wish.limit.topic() == topic);
    if need.is_skipped(topic) {
        return Told::Enough;
    }
    let Topic::Facet(facet) = topic else {
        // Who wants something free has told the budget.
        let price = Topic::Facet(Facet::Price);
        let of_price = topic == Topic::Budget && (is_wished(price) || need.is_skipped(price));
        return match is_wished(topic) || of_price {
            true => Told::Enough,
            false => Told::Nothing,
        };
    };
    let in_profile = need.query.profile.as_ref().is_some_and(|profile| {
        let values = match facet {
            Facet::Subject => &profile.subjects,
            Facet::Level => &profile.levels,
            Facet::StudentType => &profile.student_types,
            Facet::Device => &profile.devices,
            Facet::Os => &profile.os,
            Facet::Platform => &profile.platforms,
            Facet::Language => &profile.languages,
            _ => return false,
        };
        !values.is_empty()
    });
    let answered = need.query.filters.values(facet);
    if in_profile || !prepared.understood.values(facet).is_empty() {
        return Told::Enough;
    }
    match (answered, is_wished(topic)) {
        ([], true) => Told::Enough,
        ([], false) => Told::Nothing,
        (values, _) => Told::Roughly(values.to_vec()),
    }
}

fn newcomer(prepared: &Prepared, relaxation: &Relaxation) -> Result<Newcomer, ServiceError> {
    let record = prepared.snapshot.record(relaxation.best.place)?;
    let head = record::head(&record).unwrap_or_default();
    Ok(Newcomer {
        id: head.id,
        title: head.title,
        points: relaxation.best.points,
    })
}

impl GuidanceOutcome {
    /// The wishes of a set, by their places.
    pub fn limits(&self, places: &[usize]) -> impl Iterator<Item = &Limit> {
        places.iter().map(|place| &self.wishes[*place].limit)
    }
}
