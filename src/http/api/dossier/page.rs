//! The dossier as a page to print: one file, without script, that loads nothing.

use askama::Template;

use crate::domain::language::{Bilingual, Language, LanguageMap};
use crate::domain::typography::{Origin, day, points, typeset};
use crate::domain::vocabulary::Vocabularies;
use crate::guidance::comparison::{Cell, Criterion};
use crate::guidance::dossier::{OpenQuestion, situation};
use crate::guidance::relaxation::told;
use crate::guidance::topics;
use crate::http::error::{ApiError, ApiResult};
use crate::index::record;
use crate::query::decision::Decision;
use crate::query::need::{Limit, Source, Topic};
use crate::ranking::explanation::Contribution;
use crate::services::compare::{Preference, Standing};
use crate::services::dossier::{Check, DossierOutcome};
use crate::services::search::Hit;

/// Everything the page says, in one language and already set.
#[derive(Template)]
#[template(path = "dossier.html")]
struct Page {
    language: Language,
    /// The way back, where the page stands among others; not printed.
    back: Option<Back>,
    title: Option<String>,
    note: Option<String>,
    date: Option<String>,
    /// Which finalist suits best, and what speaks for and against it.
    brief: Vec<String>,
    /// What was said of the need: a label and what belongs to it.
    need: Vec<(String, Vec<String>)>,
    total: String,
    shortlist: Vec<Listed>,
    /// Sets of wishes, one of which has to be given up when nothing meets all.
    minimal: Vec<String>,
    /// What could be had for one wish less.
    concessions: Vec<String>,
    finalists: Vec<Finalist>,
    wishes: Vec<(String, Vec<Met>)>,
    /// What has to be asked, and of which finalists.
    open_questions: Vec<(String, Vec<bool>)>,
    criteria: Vec<Row>,
    preferences: Vec<Preferred>,
    made_from: Vec<(String, String)>,
}

/// A link to where the decision was made.
pub struct Back {
    pub label: String,
    pub url: String,
}

/// One of the short list.
struct Listed {
    rank: u64,
    title: String,
    points: String,
    reasons: Vec<String>,
    is_finalist: bool,
}

struct Finalist {
    title: String,
    publisher: Option<String>,
    url: Option<String>,
    description: Option<String>,
    points: Option<String>,
    reasons: Vec<(String, String)>,
    dates: Vec<(String, String)>,
}

/// Whether a wish is met, as a word and as a class of the style sheet.
struct Met {
    word: String,
    class: &'static str,
}

/// One criterion of the comparison.
struct Row {
    label: String,
    differs: bool,
    cells: Vec<(Met, Option<String>)>,
}

/// Why one stands before another.
struct Preferred {
    sentence: String,
    reasons: Vec<(String, String)>,
}

/// How many reasons of a resource on the short list are told.
const REASONS: usize = 2;

/// The page of a dossier, in the language of its decision.
pub fn page(
    outcome: &DossierOutcome,
    decision: &Decision,
    vocabularies: &Vocabularies,
    back: Option<Back>,
) -> ApiResult<String> {
    let writer = Writer {
        language: decision.need.query.language,
        vocabularies,
        outcome,
        decision,
    };
    let page = Page {
        back,
        ..writer.page()
    };
    let mut page = page
        .render()
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    // Texts of records and askers may hold what no page can: characters that control a terminal.
    page.retain(|letter| !letter.is_control() || letter == '\n');
    Ok(page)
}

/// Says things in the language of the page.
struct Writer<'a> {
    language: Language,
    vocabularies: &'a Vocabularies,
    outcome: &'a DossierOutcome,
    decision: &'a Decision,
}

impl Page {
    fn say(&self, fr: &str, en: &str) -> String {
        in_language(self.language, fr, en)
    }
}

fn in_language(language: Language, fr: &str, en: &str) -> String {
    match language {
        Language::Fr => typeset(fr, language, Origin::Ours).into_owned(),
        Language::En => typeset(en, language, Origin::Ours).into_owned(),
    }
}

impl Writer<'_> {
    fn page(&self) -> Page {
        let (outcome, decision) = (self.outcome, self.decision);
        let finalists = outcome.comparison.resources.iter().zip(&outcome.checks);
        let shortlist = outcome.guidance.shortlist.iter();
        let date = decision
            .day
            .map(|date| day(&date.to_string(), self.language));
        let minimal = outcome.guidance.minimal.iter();
        Page {
            language: self.language,
            back: None,
            title: decision.title.clone(),
            note: decision.note.clone(),
            date,
            need: self.need(),
            total: self.total(),
            shortlist: shortlist.map(|hit| self.listed(hit)).collect(),
            minimal: minimal.map(|places| self.given_up(places)).collect(),
            concessions: self.concessions(),
            finalists: finalists
                .map(|(one, check)| self.finalist(one, check))
                .collect(),
            wishes: self.wishes(),
            open_questions: self.open_questions(),
            brief: self.brief(),
            criteria: outcome
                .comparison
                .criteria
                .iter()
                .map(|one| self.row(one))
                .collect(),
            preferences: outcome
                .comparison
                .preferences
                .iter()
                .map(|one| self.preferred(one))
                .collect(),
            made_from: self.made_from(),
        }
    }

    fn say(&self, fr: &str, en: &str) -> String {
        in_language(self.language, fr, en)
    }

    fn tell(&self, text: &Bilingual) -> String {
        typeset(text.get(self.language), self.language, Origin::Ours).into_owned()
    }

    fn limit(&self, limit: &Limit) -> String {
        self.tell(&told(limit, self.vocabularies))
    }

    fn title(&self, title: &LanguageMap, id: &str) -> String {
        let title = title.best(self.language).unwrap_or(id);
        typeset(title, self.language, Origin::Theirs).into_owned()
    }

    fn need(&self) -> Vec<(String, Vec<String>)> {
        let need = &self.decision.need;
        let guidance = &self.outcome.guidance;
        let wishes = |source: Source| {
            let wishes = guidance
                .wishes
                .iter()
                .filter(move |wish| wish.source == source);
            wishes
                .map(|wish| self.limit(&wish.limit))
                .collect::<Vec<_>>()
        };
        let text = need.query.text.trim();
        let words = (!text.is_empty()).then(|| text.to_owned());
        let corrected = guidance.corrected.iter();
        let corrected = corrected.map(|text| format!("→ {text}"));
        let profile = need.query.profile.iter();
        let profile = profile.flat_map(|profile| situation(profile, self.vocabularies));
        let skipped = need.skipped.iter();
        let skipped = skipped.map(|topic| self.topic(*topic));
        let buyers = &self.decision.buyers;
        let students = buyers
            .students
            .map(|n| self.number(n, ["élève", "student"], ["s", "s"]));
        let classes = buyers
            .classes
            .map(|n| self.number(n, ["classe", "class"], ["s", "es"]));
        let lines = [
            (
                self.say("Ce qui est cherché", "What is sought"),
                words.into_iter().chain(corrected).collect(),
            ),
            (
                self.say("Compris dans ces mots", "Understood from these words"),
                wishes(Source::Words),
            ),
            (
                self.say("Réponses données", "Answers given"),
                wishes(Source::Answers),
            ),
            (
                self.say("La classe", "The class"),
                profile.map(|(_, text)| self.tell(&text)).collect(),
            ),
            (
                self.say(
                    "Exigé par l’équipement et le budget",
                    "Required by equipment and budget",
                ),
                wishes(Source::Profile),
            ),
            (
                self.say("Sans importance", "Does not matter"),
                skipped.collect(),
            ),
            (
                self.say("Pour combien", "For how many"),
                students.into_iter().chain(classes).collect(),
            ),
        ];
        lines
            .into_iter()
            .filter(|(_, parts): &(String, Vec<String>)| !parts.is_empty())
            .collect()
    }

    /// So many of something, each language with its own plural.
    fn number(&self, n: u64, [fr, en]: [&str; 2], plural: [&str; 2]) -> String {
        let ending = |is_one: bool, plural| if is_one { "" } else { plural };
        self.say(
            &format!("{n} {fr}{}", ending(n < 2, plural[0])),
            &format!("{n} {en}{}", ending(n == 1, plural[1])),
        )
    }

    fn topic(&self, topic: Topic) -> String {
        self.tell(&topics::name(topic, self.vocabularies))
    }

    fn total(&self) -> String {
        match self.outcome.guidance.total {
            0 => self.say("Aucune ressource du catalogue ne répond à tout.", "No resource of the catalogue meets everything."),
            1 => self.say("Une ressource du catalogue répond à tout.", "One resource of the catalogue meets everything."),
            n => self.say(
                &format!("{n} ressources du catalogue répondent à tout; voici celles qui conviennent le mieux."),
                &format!("{n} resources of the catalogue meet everything; these suit best."),
            ),
        }
    }

    fn points(&self, ten_thousandths: i64) -> String {
        points(ten_thousandths, self.language)
    }

    fn listed(&self, hit: &Hit) -> Listed {
        let head = record::head(&hit.record).unwrap_or_default();
        let mut reasons: Vec<&Contribution> = hit.explanation.iter().flatten().collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.points));
        let finalists = &self.outcome.comparison.resources;
        Listed {
            rank: hit.rank,
            title: self.title(&head.title, &hit.id),
            points: self.points(hit.points),
            reasons: reasons
                .iter()
                .take(REASONS)
                .map(|reason| self.tell(&reason.text))
                .collect(),
            is_finalist: finalists
                .iter()
                .any(|one| one.resource.id.as_str() == hit.id),
        }
    }

    fn given_up(&self, places: &[usize]) -> String {
        let guidance = &self.outcome.guidance;
        let words = guidance
            .drops_words
            .then(|| self.say("les mots cherchés", "the words"));
        let wishes = guidance.limits(places).map(|limit| self.limit(limit));
        words
            .into_iter()
            .chain(wishes)
            .collect::<Vec<_>>()
            .join(" + ")
    }

    fn concessions(&self) -> Vec<String> {
        let relaxations = self.outcome.guidance.relaxations.iter();
        let concession = |(relaxation, newcomer): &(
            crate::guidance::relaxation::Relaxation,
            crate::services::guidance::Newcomer,
        )| {
            let wish = self.limit(&self.outcome.guidance.wishes[relaxation.wish].limit);
            let best = self.title(&newcomer.title, &newcomer.id);
            let [fr, en] = match relaxation.adds {
                1 => [format!("1 de plus, {best}"), format!("1 more, {best}")],
                adds => [
                    format!("{adds} de plus, dont {best}"),
                    format!("{adds} more, among them {best}"),
                ],
            };
            self.say(
                &format!("Sans l’exigence « {wish} » : {fr}."),
                &format!("Without the requirement “{wish}”: {en}."),
            )
        };
        relaxations.map(concession).collect()
    }

    fn finalist(&self, standing: &Standing, check: &Check) -> Finalist {
        let resource = &standing.resource;
        let mut reasons: Vec<&Contribution> = standing.reasons.iter().flatten().collect();
        reasons.retain(|reason| reason.points != 0);
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.points));
        Finalist {
            title: self.title(&resource.title, resource.id.as_str()),
            publisher: resource.publisher.as_ref().and_then(|it| it.name.clone()),
            url: resource.url.clone(),
            description: resource
                .description
                .best(self.language)
                .map(|text| typeset(text, self.language, Origin::Theirs).into_owned()),
            points: standing.points().map(|points| self.points(points)),
            reasons: reasons
                .iter()
                .map(|reason| (self.tell(&reason.text), self.points(reason.points)))
                .collect(),
            dates: check
                .dates
                .iter()
                .map(|dated| (self.tell(&dated.label), day(&dated.date, self.language)))
                .collect(),
        }
    }

    /// The finalist with the most points, by how many, and what it does and does not meet.
    fn brief(&self) -> Vec<String> {
        let resources = &self.outcome.comparison.resources;
        let best = (0..resources.len()).max_by_key(|place| {
            // Of equals the first.
            (resources[*place].points(), std::cmp::Reverse(*place))
        });
        let Some(best) = best else {
            return Vec::new();
        };
        let check = &self.outcome.checks[best];
        let resource = &resources[best].resource;
        let title = self.title(&resource.title, resource.id.as_str());
        let points = self.points(resources[best].points().unwrap_or(0));
        let mut brief = vec![match resources.len() {
            1 => self.say(
                &format!("{title} obtient {points} points."),
                &format!("{title} gets {points} points."),
            ),
            _ => self.say(
                &format!("Des finalistes, {title} convient le mieux : {points} points."),
                &format!("Of the finalists, {title} suits best: {points} points."),
            ),
        }];
        let wishes = |met: Option<bool>| {
            let wishes = self.outcome.guidance.wishes.iter().zip(&check.meets);
            let wishes = wishes.filter(|(_, meets)| **meets == met);
            let told: Vec<String> = wishes.map(|(wish, _)| self.limit(&wish.limit)).collect();
            (!told.is_empty()).then(|| told.join("; "))
        };
        match (wishes(Some(false)), wishes(None)) {
            (None, None) if check.meets.is_empty() => {}
            (None, None) => brief.push(self.say(
                "Elle répond à tout ce qui est exigé.",
                "It meets every requirement.",
            )),
            (failed, unknown) => {
                brief.extend(failed.map(|wishes| {
                    self.say(
                        &format!("Elle ne répond pas à ceci : {wishes}."),
                        &format!("It does not meet this: {wishes}."),
                    )
                }));
                brief.extend(unknown.map(|wishes| {
                    self.say(
                        &format!("Sa fiche ne dit pas si elle répond à ceci : {wishes}."),
                        &format!("Its record does not say whether it meets this: {wishes}."),
                    )
                }));
            }
        }
        brief.push(match check.open_questions.len() {
            0 => self.say("Sa fiche répond à tout.", "Its record answers everything."),
            1 => self.say(
                "Une question reste à poser à son éditeur.",
                "One question remains to be asked of its publisher.",
            ),
            n => self.say(
                &format!("{n} questions restent à poser à son éditeur."),
                &format!("{n} questions remain to be asked of its publisher."),
            ),
        });
        brief
    }

    /// Each question once, in the order of the facts.
    fn open_questions(&self) -> Vec<(String, Vec<bool>)> {
        let checks = &self.outcome.checks;
        let all = checks.iter().flat_map(|check| &check.open_questions);
        let mut questions: Vec<&OpenQuestion> = Vec::new();
        for question in all {
            if !questions.contains(&question) {
                questions.push(question);
            }
        }
        let row = |question: &&OpenQuestion| {
            let asked = checks
                .iter()
                .map(|check| check.open_questions.contains(question));
            (self.tell(&question.text), asked.collect())
        };
        questions.iter().map(row).collect()
    }

    fn wishes(&self) -> Vec<(String, Vec<Met>)> {
        let wishes = self.outcome.guidance.wishes.iter().enumerate();
        let row = |(place, wish): (usize, &crate::query::need::Wish)| {
            let cells = self
                .outcome
                .checks
                .iter()
                .map(|check| self.met(check.meets[place]));
            (self.limit(&wish.limit), cells.collect())
        };
        wishes.map(row).collect()
    }

    fn met(&self, meets: Option<bool>) -> Met {
        match meets {
            Some(true) => Met {
                word: self.say("Oui", "Yes"),
                class: "yes",
            },
            Some(false) => Met {
                word: self.say("Non", "No"),
                class: "no",
            },
            None => Met {
                word: self.say("Non précisé", "Not stated"),
                class: "unknown",
            },
        }
    }

    fn row(&self, criterion: &Criterion) -> Row {
        let cell = |cell: &Cell| {
            let verified = cell.verified.as_ref().map(|date| {
                let date = day(date, self.language);
                self.say(&format!("vérifié le {date}"), &format!("checked {date}"))
            });
            let met = match &cell.text {
                Some(text) => Met {
                    word: match criterion.name.as_str() {
                        "updated" => day(text.get(self.language), self.language),
                        _ => self.tell(text),
                    },
                    class: "",
                },
                None => self.met(None),
            };
            (met, verified)
        };
        Row {
            label: self.tell(&criterion.label),
            differs: criterion.differs,
            cells: criterion.cells.iter().map(cell).collect(),
        }
    }

    fn preferred(&self, preference: &Preference) -> Preferred {
        let title = |place: usize| {
            let resource = &self.outcome.comparison.resources[place].resource;
            self.title(&resource.title, resource.id.as_str())
        };
        let (better, other) = (title(preference.better), title(preference.other));
        let points = self.points(preference.points);
        let reasons = preference.reasons.iter().map(|difference| {
            let sign = if difference.points > 0 { "+" } else { "−" };
            let points = self.points(difference.points.abs());
            (self.tell(&difference.text), format!("{sign}{points}"))
        });
        Preferred {
            sentence: match preference.points {
                0 => self.say(
                    &format!("{better} et {other} sont à égalité."),
                    &format!("{better} and {other} are level."),
                ),
                _ => self.say(
                    &format!(
                        "{better} devance {other} de {points} point{}.",
                        if preference.points >= 20_000 { "s" } else { "" }
                    ),
                    &format!(
                        "{better} is ahead of {other} by {points} point{}.",
                        if preference.points == 10_000 { "" } else { "s" }
                    ),
                ),
            },
            reasons: reasons.collect(),
        }
    }

    fn made_from(&self) -> Vec<(String, String)> {
        let from = &self.outcome.made_from;
        vec![
            (self.say("Index", "Index"), from.generation.clone()),
            (self.say("Classement", "Ranking"), from.ranking.clone()),
            (
                self.say("État du catalogue", "State of the catalogue"),
                from.sequence.to_string(),
            ),
            (
                self.say("Fraîcheur calculée à partir du", "Freshness reckoned from"),
                day(&from.as_of.to_string(), self.language),
            ),
        ]
    }
}
