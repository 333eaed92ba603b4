//! `classo search`: a question at the command line.

use anyhow::bail;
use clap::Args;
use serde_json::{Map, Value, json};

use super::WrongUse;
use super::output::say;
use super::{open, remote::Remote};
use crate::config::{DataSettings, ServerSettings};
use crate::domain::actor::Actor;
use crate::domain::problem::sentence;
use crate::http::api::search::response;
use crate::query::params::RawParams;

#[derive(Debug, Args)]
pub struct SearchArgs {
    /// What to look for; nothing for everything
    #[arg(value_name = "WORDS")]
    words: Vec<String>,
    /// fr or en
    #[arg(long, default_value = "fr")]
    lang: String,
    /// Only these; repeat for OR
    #[arg(long)]
    subject: Vec<String>,
    #[arg(long)]
    level: Vec<String>,
    #[arg(long)]
    device: Vec<String>,
    #[arg(long)]
    os: Vec<String>,
    #[arg(long)]
    price: Vec<String>,
    #[arg(long = "type")]
    types: Vec<String>,
    #[arg(long)]
    language: Vec<String>,
    #[arg(long)]
    strategy: Vec<String>,
    #[arg(long)]
    platform: Vec<String>,
    #[arg(long)]
    student_type: Vec<String>,
    #[arg(long)]
    access: Vec<String>,
    #[arg(long)]
    licence: Vec<String>,
    #[arg(long)]
    headquarters: Vec<String>,
    /// Repeat for AND: tutorial, guide, support, evidence, no-ads, offline
    #[arg(long)]
    has: Vec<String>,
    /// In Canadian dollars
    #[arg(long)]
    max_price: Option<f64>,
    /// Who asks: ranks, never excludes
    #[arg(long)]
    my_role: Option<String>,
    #[arg(long)]
    my_subject: Vec<String>,
    #[arg(long)]
    my_level: Vec<String>,
    #[arg(long)]
    my_student_type: Vec<String>,
    #[arg(long)]
    my_device: Vec<String>,
    #[arg(long)]
    my_os: Vec<String>,
    #[arg(long)]
    my_platform: Vec<String>,
    #[arg(long)]
    my_language: Vec<String>,
    /// In Canadian dollars
    #[arg(long)]
    my_budget: Option<f64>,
    /// relevance, newest, title or price
    #[arg(long, default_value = "relevance")]
    sort: String,
    #[arg(long, default_value_t = 10)]
    limit: u32,
    #[arg(long, default_value_t = 0)]
    offset: u32,
    /// Take words only as words, whatever they could mean (repeatable)
    #[arg(long, value_name = "WORDS")]
    literal: Vec<String>,
    /// Take all words only as words
    #[arg(long)]
    no_understanding: bool,
    /// Say why each result is where it is
    #[arg(long)]
    explain: bool,
    /// Print the answer of the API
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataSettings,
    #[command(flatten)]
    server: ServerSettings,
}

pub fn run(args: &SearchArgs) -> anyhow::Result<()> {
    let question = question(args);
    let answer = match &args.server.server {
        Some(url) => Remote::new(url, args.server.token.as_ref())?.search(&question)?,
        None => ask(args, question)?,
    };
    if args.json {
        say(answer);
    } else {
        print(&answer, &args.lang);
    }
    Ok(())
}

fn ask(args: &SearchArgs, question: Value) -> anyhow::Result<Value> {
    let app = open::existing(&args.data)?;
    open::wait_for_index(&app)?;
    let query = match RawParams::from_json(question).into_query(&app.schema.vocabularies) {
        Ok(query) => query,
        Err(problems) => bail!(WrongUse(sentence(&problems))),
    };
    let outcome = app.search.search(&Actor::Console, &query)?;
    let response = response(outcome, &query, &app.schema.vocabularies);
    let answer = serde_json::to_value(response.map_err(|error| anyhow::anyhow!("{error:?}"))?)?;
    app.close()?;
    Ok(answer)
}

/// The body of POST search.
fn question(args: &SearchArgs) -> Value {
    let mut question = Map::from_iter([
        ("q".to_owned(), json!(args.words.join(" "))),
        ("lang".to_owned(), json!(args.lang)),
        ("sort".to_owned(), json!(args.sort)),
        ("limit".to_owned(), json!(args.limit)),
        ("offset".to_owned(), json!(args.offset)),
        ("explain".to_owned(), json!(args.explain)),
        ("understand".to_owned(), json!(!args.no_understanding)),
        ("literal".to_owned(), json!(args.literal)),
        ("max_price".to_owned(), json!(args.max_price)),
    ]);
    for (name, values) in [
        ("subject", &args.subject),
        ("level", &args.level),
        ("device", &args.device),
        ("os", &args.os),
        ("price", &args.price),
        ("type", &args.types),
        ("language", &args.language),
        ("strategy", &args.strategy),
        ("platform", &args.platform),
        ("student_type", &args.student_type),
        ("access", &args.access),
        ("licence", &args.licence),
        ("headquarters", &args.headquarters),
        ("has", &args.has),
    ] {
        question.insert(name.to_owned(), json!(values));
    }
    let profile = json!({"role": args.my_role, "subject": args.my_subject, "level": args.my_level,
        "student_type": args.my_student_type, "device": args.my_device, "os": args.my_os,
        "platform": args.my_platform, "language": args.my_language, "budget": args.my_budget});
    question.insert("profile".to_owned(), profile);
    Value::Object(question)
}

fn print(answer: &Value, lang: &str) {
    let other = if lang == "fr" { "en" } else { "fr" };
    say(format!("{} resources", answer["total"]));
    for understood in answer["query"]["understood"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let parts = understood.as_object().into_iter().flatten();
        for (facet, value) in parts.filter(|(name, _)| *name != "text") {
            say(format!(
                "understood: {} = {facet} {}",
                understood["text"].as_str().unwrap_or(""),
                value.as_str().unwrap_or("")
            ));
        }
    }
    for hit in answer["hits"].as_array().into_iter().flatten() {
        let resource = &hit["resource"];
        let title = &resource["title"];
        let title = title[lang]
            .as_str()
            .or(title[other].as_str())
            .or(title["und"].as_str())
            .unwrap_or("");
        say(format!(
            "{:>3}. {title}  [{}]  {:.4}",
            hit["rank"],
            hit["id"].as_str().unwrap_or(""),
            hit["score"].as_f64().unwrap_or(0.0)
        ));
        if let Some(url) = resource["url"].as_str() {
            say(format!("     {url}"));
        }
        for reason in hit["explanation"].as_array().into_iter().flatten() {
            say(format!(
                "     {:+.4}  {}",
                reason["points"].as_f64().unwrap_or(0.0),
                reason["text"][lang].as_str().unwrap_or("")
            ));
        }
    }
}
