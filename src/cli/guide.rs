//! `classo guide`: choosing a resource in a conversation.
//!
//! It asks what the API would ask next, and reads numbers or words. Nobody has to sit at a terminal: answers may be piped.

use std::fs;
use std::io::{BufRead, stdin};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use serde_json::{Map, Value, json};

use super::output::{ask, say};
use super::{WrongUse, open, remote::Remote};
use crate::app::App;
use crate::config::{DataSettings, ServerSettings};
use crate::domain::actor::Actor;
use crate::domain::language::{Bilingual, Language};
use crate::domain::problem::sentence;
use crate::domain::text;
use crate::domain::typography::{NARROW, Origin, grouped, typeset};
use crate::http::api::dossier;
use crate::http::api::guidance::response;
use crate::query::decision::Decision;
use crate::query::need::Need;
use crate::query::params::RawParams;

#[derive(Debug, Args)]
pub struct GuideArgs {
    /// What to look for; nothing for everything
    #[arg(value_name = "WORDS")]
    words: Vec<String>,
    /// fr or en
    #[arg(long, default_value = "fr")]
    lang: String,
    /// The devices of the class (repeatable)
    #[arg(long)]
    my_device: Vec<String>,
    #[arg(long)]
    my_level: Vec<String>,
    #[arg(long)]
    my_subject: Vec<String>,
    /// In Canadian dollars
    #[arg(long)]
    my_budget: Option<f64>,
    /// How long the short list is
    #[arg(long, default_value_t = 5)]
    limit: u32,
    /// Where to write the decision when the conversation ends: a page (.html) or data (.json)
    #[arg(long, value_name = "FILE")]
    dossier: Option<PathBuf>,
    #[command(flatten)]
    data: DataSettings,
    #[command(flatten)]
    server: ServerSettings,
}

pub fn run(args: &GuideArgs) -> anyhow::Result<()> {
    let Some(language) = Language::from_tag(&args.lang) else {
        bail!(WrongUse("--lang is fr or en".into()));
    };
    let dossier = args.dossier.as_deref();
    let form = dossier.map(Form::of).transpose()?;
    let guide = Guide::open(args)?;
    let mut conversation = Conversation {
        language,
        needs: vec![Asked::first(args)],
    };
    while let Some(need) = conversation.needs.last() {
        let answer = guide.ask(&need.0)?;
        show_list(&answer, language);
        let Some(choices) = Choices::of(&answer, language) else {
            break;
        };
        if !conversation.turn(&choices)? {
            break;
        }
    }
    if let (Some(file), Some(form), Some(need)) = (dossier, form, conversation.needs.last()) {
        let text = guide.dossier(&need.0, form)?;
        fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))?;
        let written = Bilingual::new("Le dossier est dans", "The dossier is in");
        say(format!("{} {}", written.get(language), file.display()));
    }
    guide.close()
}

/// How a dossier is written down.
#[derive(Clone, Copy)]
pub enum Form {
    Page,
    Data,
}

impl Form {
    fn of(file: &Path) -> anyhow::Result<Form> {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("html" | "htm") => Ok(Form::Page),
            Some("json") => Ok(Form::Data),
            _ => bail!(WrongUse(
                "--dossier takes a file that ends in .html or .json".into()
            )),
        }
    }
}

/// Whom the questions come from: the data folder, or a server.
enum Guide {
    Local(Box<App>),
    Remote(Remote),
}

impl Guide {
    fn open(args: &GuideArgs) -> anyhow::Result<Guide> {
        if let Some(url) = &args.server.server {
            return Ok(Guide::Remote(Remote::new(url, args.server.token.as_ref())?));
        }
        let app = open::existing(&args.data)?;
        open::wait_for_index(&app)?;
        Ok(Guide::Local(Box::new(app)))
    }

    fn ask(&self, need: &Value) -> anyhow::Result<Value> {
        let app = match self {
            Guide::Remote(remote) => return remote.guide(need),
            Guide::Local(app) => app,
        };
        let vocabularies = &app.schema.vocabularies;
        let need = match Need::read(RawParams::from_json(need.clone()), vocabularies) {
            Ok(need) => need,
            Err(problems) => bail!(WrongUse(sentence(&problems))),
        };
        let outcome = app.guidance.guide(&Actor::Console, &need)?;
        let answer = response(outcome, &need, vocabularies);
        let answer = answer.map_err(|error| anyhow!("{error:?}"))?;
        Ok(serde_json::to_value(answer)?)
    }

    fn dossier(&self, need: &Value, form: Form) -> anyhow::Result<String> {
        let app = match self {
            Guide::Remote(remote) => return remote.dossier(need, form),
            Guide::Local(app) => app,
        };
        let vocabularies = &app.schema.vocabularies;
        let decision = match Decision::read(RawParams::from_json(need.clone()), vocabularies) {
            Ok(decision) => decision,
            Err(problems) => bail!(WrongUse(sentence(&problems))),
        };
        let outcome = app.dossiers.write(&Actor::Console, &decision)?;
        let unsaid = |error| anyhow!("{error:?}");
        Ok(match form {
            Form::Page => {
                dossier::page::page(&outcome, &decision, vocabularies, None).map_err(unsaid)?
            }
            Form::Data => serde_json::to_string(
                &dossier::response(outcome, &decision, vocabularies).map_err(unsaid)?,
            )?,
        })
    }

    fn close(self) -> anyhow::Result<()> {
        if let Guide::Local(app) = self {
            app.close()?;
        }
        Ok(())
    }
}

/// What was said so far; going back takes the last step away.
struct Conversation {
    language: Language,
    needs: Vec<Asked>,
}

/// The body of POST guidance.
#[derive(Clone)]
struct Asked(Value);

impl Asked {
    fn first(args: &GuideArgs) -> Asked {
        let profile = json!({"devices": args.my_device, "levels": args.my_level, "subjects": args.my_subject,
            "budget": args.my_budget});
        Asked(
            json!({"q": args.words.join(" "), "lang": args.lang, "limit": args.limit, "profile": profile,
                "answers": {}, "skipped": []}),
        )
    }

    /// Answers take the place of those of the same name; several to one question are joined.
    fn with_answers(&self, answers: &[&Value]) -> Asked {
        let mut step = self.clone();
        let mut joined = Map::new();
        for (name, value) in answers.iter().copied().flat_map(fields) {
            match (
                joined.get_mut(name).and_then(Value::as_array_mut),
                value.as_array(),
            ) {
                (Some(known), Some(values)) => known.extend(values.clone()),
                _ => drop(joined.insert(name.clone(), value.clone())),
            }
        }
        for (name, value) in joined {
            step.0["answers"][name] = value;
        }
        step
    }

    fn skipping(&self, name: &str) -> Asked {
        let mut step = self.clone();
        if let Some(skipped) = step.0["skipped"].as_array_mut() {
            skipped.push(json!(name));
        }
        step
    }

    /// Gives up wishes: an answer is taken back, the others are skipped, the words fall away.
    fn without(&self, drops: &Value) -> Asked {
        let mut step = self.clone();
        for (name, value) in drops.as_array().into_iter().flatten().flat_map(fields) {
            if name == "q" {
                step.0["q"] = json!("");
                continue;
            }
            if let Some(answers) = step.0["answers"].as_object_mut() {
                give_up(answers, name, value);
            }
            step = step.skipping(match (name.as_str(), value[0].as_str()) {
                ("has", Some(feature)) => feature,
                (name, _) => name,
            });
        }
        step
    }
}

fn give_up(answers: &mut Map<String, Value>, name: &str, value: &Value) {
    match answers.get_mut(name).and_then(Value::as_array_mut) {
        Some(values) if name == "has" => values.retain(|own| *own != value[0]),
        _ => drop(answers.remove(name)),
    }
}

fn fields(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}

/// What can be answered now.
struct Choices {
    text: String,
    labels: Vec<String>,
    what: What,
    offers: Vec<Offer>,
}

/// A wish that keeps resources out. It is given up by its letter.
struct Offer {
    label: String,
    drops: Value,
}

/// No more are offered beside a question.
const MOST_OFFERS: usize = 3;

enum What {
    Answers {
        answers: Vec<Value>,
        /// What names the question when it does not matter.
        skip: String,
        /// Whether several may be chosen.
        multiple: bool,
    },
    /// Sets of wishes to give up.
    Concessions(Vec<Value>),
    /// There is nothing to ask.
    Nothing,
}

impl Choices {
    /// What follows from an answer; nothing when the catalogue is empty.
    fn of(answer: &Value, language: Language) -> Option<Choices> {
        if answer["total"] == 0 {
            return Choices::concessions(answer, language);
        }
        let choices = Choices::question(answer, language);
        let mut choices = choices.unwrap_or_else(|| Choices::nothing(language));
        let relaxations = answer["relaxations"].as_array().into_iter().flatten();
        let offers = relaxations.map(|relaxation| Offer::of(answer, relaxation, language));
        choices.offers = offers.take(MOST_OFFERS).collect();
        Some(choices)
    }

    fn nothing(language: Language) -> Choices {
        let text = Bilingual::new(
            "Il n’y a plus rien à demander : aucune réponse ne changerait la liste.",
            "There is nothing more to ask: no answer would change the list.",
        );
        Choices {
            text: text.get(language).to_owned(),
            labels: Vec::new(),
            what: What::Nothing,
            offers: Vec::new(),
        }
    }

    fn question(answer: &Value, language: Language) -> Option<Choices> {
        let question = &answer["next_question"];
        let options = question["options"].as_array()?;
        let label = |option: &Value| {
            let label = option["label"].as_str().unwrap_or("");
            format!("{label} ({})", number(&option["count"], language))
        };
        Some(Choices {
            text: question["text"][language.tag()].as_str()?.to_owned(),
            labels: options.iter().map(label).collect(),
            what: What::Answers {
                answers: options
                    .iter()
                    .map(|option| option["answer"].clone())
                    .collect(),
                skip: question["skip"].as_str()?.to_owned(),
                multiple: question["multiple"] == true,
            },
            offers: Vec::new(),
        })
    }

    fn concessions(answer: &Value, language: Language) -> Option<Choices> {
        let sets = answer["minimal"]
            .as_array()
            .filter(|sets| !sets.is_empty())?;
        let text = Bilingual::new(
            "Rien ne répond à tout. À quoi pouvez-vous renoncer?",
            "Nothing meets everything. What can you give up?",
        );
        let and = Bilingual::new(" et ", " and ");
        let label = |set: &Value| {
            let drops = set.as_array().into_iter().flatten();
            let told: Vec<&str> = drops.map(|drop| told(answer, drop, language)).collect();
            told.join(and.get(language))
        };
        Some(Choices {
            text: text.get(language).to_owned(),
            labels: sets.iter().map(label).collect(),
            what: What::Concessions(sets.clone()),
            offers: Vec::new(),
        })
    }

    /// What giving up the wish of a letter drops.
    fn offer(&self, reply: &str) -> Option<&Value> {
        let mut lettered = LETTERS.chars().zip(&self.offers);
        let offer = lettered.find(|(letter, _)| reply.eq_ignore_ascii_case(&letter.to_string()));
        offer.map(|(_, offer)| &offer.drops)
    }

    fn show(&self, language: Language) {
        let tell = |line: String| say(typeset(&line, language, Origin::Ours));
        tell(format!("\n{}", self.text));
        for (place, label) in self.labels.iter().enumerate() {
            tell(format!("  {}. {label}", place + 1));
        }
        if !self.offers.is_empty() {
            let heading = Bilingual::new("En renonçant à un choix :", "Giving up a choice:");
            tell(heading.get(language).to_owned());
        }
        for (letter, offer) in LETTERS.chars().zip(&self.offers) {
            tell(format!("  {letter}. {}", offer.label));
        }
    }

    /// The choices that a reply names: one, or several with commas between them where several may be chosen.
    fn choices(&self, reply: &str) -> Option<Vec<usize>> {
        if let Some(one) = self.choice(reply) {
            return Some(vec![one]);
        }
        let many = reply.split(',').map(|part| self.choice(part.trim()));
        let is_multiple = matches!(self.what, What::Answers { multiple: true, .. });
        is_multiple.then(|| many.collect()).flatten()
    }

    /// The choice that a reply names: by its number, by its words, or by the start of just one.
    fn choice(&self, reply: &str) -> Option<usize> {
        if let Ok(number) = reply.parse::<usize>() {
            return (1..=self.labels.len())
                .contains(&number)
                .then(|| number - 1);
        }
        let reply = text::key(reply);
        let label = |label: &String| text::key(label.rsplit_once(" (").map_or(label, |(l, _)| l));
        let mut labels = self.labels.iter().map(label);
        if let Some(exact) = labels.clone().position(|label| label == reply) {
            return Some(exact);
        }
        let starting = labels
            .clone()
            .filter(|label| label.starts_with(&reply))
            .count();
        (starting == 1 && !reply.is_empty())
            .then(|| labels.position(|label| label.starts_with(&reply)))
            .flatten()
    }
}

const LETTERS: &str = "abc";

impl Offer {
    fn of(answer: &Value, relaxation: &Value, language: Language) -> Offer {
        let wish = told(answer, &relaxation["drop"], language);
        let adds = number(&relaxation["adds"], language);
        let best = title(&relaxation["best"]["title"], language);
        let label = match (language, relaxation["adds"].as_u64()) {
            (Language::Fr, Some(1)) => format!("{wish} (1 de plus : « {best} »)"),
            (Language::Fr, _) => format!("{wish} ({adds} de plus, dont « {best} »)"),
            (Language::En, Some(1)) => format!("{wish} (1 more: “{best}”)"),
            (Language::En, _) => format!("{wish} ({adds} more, “{best}” among them)"),
        };
        Offer {
            label,
            drops: json!([relaxation["drop"]]),
        }
    }
}

/// How a wish that could be dropped is called; only the words of a need are no wish.
fn told<'a>(answer: &'a Value, drop: &Value, language: Language) -> &'a str {
    let mut wishes = answer["wishes"].as_array().into_iter().flatten();
    let wish = wishes.find(|wish| wish["wish"] == *drop);
    let text = wish.and_then(|wish| wish["text"][language.tag()].as_str());
    text.unwrap_or(match language {
        Language::Fr => "Vos mots",
        Language::En => "Your words",
    })
}

impl Conversation {
    /// Asks until there is a reply that means something; `false` ends the conversation.
    fn turn(&mut self, choices: &Choices) -> anyhow::Result<bool> {
        choices.show(self.language);
        let hint = match choices.what {
            What::Nothing => Bilingual::new("« retour » ou « fin »", "“back” or “end”"),
            _ => Bilingual::new(
                "un numéro ou un mot; « passer », « retour » ou « fin »",
                "a number or a word; “skip”, “back” or “end”",
            ),
        };
        let hint = typeset(hint.get(self.language), self.language, Origin::Ours);
        loop {
            ask(format!("[{hint}] > "));
            let mut line = String::new();
            if stdin().lock().read_line(&mut line)? == 0 {
                say("");
                return Ok(false);
            }
            let reply = line.trim();
            let Some(step) = self.needs.last() else {
                return Ok(false);
            };
            match (text::key(reply).as_str(), &choices.what) {
                ("end" | "fin" | "quit" | "quitter" | "exit", _) => return Ok(false),
                ("back" | "retour", _) => {
                    if self.needs.len() > 1 {
                        self.needs.pop();
                    }
                    return Ok(true);
                }
                _ => {}
            }
            let next = match (choices.offer(reply), choices.choices(reply), &choices.what) {
                (Some(drops), ..) => Some(step.without(drops)),
                (None, Some(chosen), What::Answers { answers, .. }) => {
                    let answers: Vec<&Value> = chosen.iter().map(|one| &answers[*one]).collect();
                    Some(step.with_answers(&answers))
                }
                (None, Some(chosen), What::Concessions(sets)) => {
                    Some(step.without(&sets[chosen[0]]))
                }
                (None, None, What::Answers { skip, .. }) if is_skip(reply) => {
                    Some(step.skipping(skip))
                }
                _ => None,
            };
            if let Some(next) = next {
                self.needs.push(next);
                return Ok(true);
            }
            let sorry = Bilingual::new("Je n’ai pas compris.", "I did not understand that.");
            say(sorry.get(self.language));
        }
    }
}

/// How many reasons a resource of the list is shown with.
const TOLD_REASONS: usize = 2;

/// Whether a reply that is none of the options says that the question does not matter: a no to "must it...?" does.
fn is_skip(reply: &str) -> bool {
    matches!(
        text::key(reply).as_str(),
        "skip" | "passer" | "non" | "no" | "peu importe" | "ca m est egal" | "does not matter"
    )
}

fn number(count: &Value, language: Language) -> String {
    let separator = match language {
        Language::Fr => NARROW,
        Language::En => ',',
    };
    grouped(count.as_u64().unwrap_or(0), separator)
}

fn title(titles: &Value, language: Language) -> &str {
    let tags = [language.tag(), language.other().tag(), "und"];
    let title = tags.iter().find_map(|tag| titles[tag].as_str());
    title.unwrap_or("")
}

fn show_list(answer: &Value, language: Language) {
    let total = number(&answer["total"], language);
    say(match (language, answer["total"].as_u64()) {
        (Language::Fr, Some(0 | 1)) => format!("\n{total} ressource"),
        (Language::Fr, _) => format!("\n{total} ressources"),
        (Language::En, Some(1)) => "\n1 resource".to_owned(),
        (Language::En, _) => format!("\n{total} resources"),
    });
    for hit in answer["shortlist"].as_array().into_iter().flatten() {
        say(format!(
            "  {}. {}  [{}]",
            hit["rank"],
            typeset(
                title(&hit["resource"]["title"], language),
                language,
                Origin::Theirs
            ),
            hit["id"].as_str().unwrap_or("")
        ));
        let points = |reason: &Value| reason["points"].as_f64().unwrap_or(0.0);
        let mut reasons: Vec<&Value> = hit["explanation"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        reasons.retain(|reason| points(reason) > 0.0);
        reasons.sort_by(|one, other| points(other).total_cmp(&points(one)));
        let best = reasons.iter().take(TOLD_REASONS);
        let best: Vec<&str> = best
            .filter_map(|reason| reason["text"][language.tag()].as_str())
            .collect();
        if !best.is_empty() {
            let reasons = format!("     {}", best.join(" "));
            say(typeset(&reasons, language, Origin::Ours));
        }
    }
}
