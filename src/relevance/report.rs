//! One page that shows how good a ranking is: a single HTML file without scripts or outside parts.
//!
//! Everything on it comes in as names, figures and texts; everything written is escaped here. `plot` and `whisker` draw,
//! `section` tells what there is to say of one collection.

mod figures;
mod html;
mod plot;
mod section;
mod whisker;

use std::collections::BTreeMap;

use super::comparison::{Difference, Estimate};
use crate::domain::markup::escape;
use figures::{decimals, signed, significance};
use html::anchor;
use whisker::{Range, Whisker, whiskers};

/// All there is to show.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The day it was made, `2026-01-31`.
    pub made_on: String,
    /// The depth of nDCG and its like.
    pub k: usize,
    /// The ranking that is measured, then those it is compared with.
    pub systems: Vec<String>,
    pub collections: Vec<Section>,
    /// The nDCG of the questions of each language, over all collections; for each ranking, in order.
    pub languages: Vec<LanguageFigures>,
}

/// What was measured on one collection.
#[derive(Debug, Clone, Default)]
pub struct Section {
    pub name: String,
    pub queries: usize,
    /// How many resources were searched, when that is known.
    pub documents: Option<usize>,
    /// As many as the report has systems, in the same order.
    pub systems: Vec<SystemFigures>,
    /// What each weight is worth, the most valuable first.
    pub ablation: Vec<Effect>,
    /// The worst answered questions, the worst first.
    pub worst: Vec<WorstQuery>,
}

/// What one ranking reached.
#[derive(Debug, Clone, Default)]
pub struct SystemFigures {
    pub estimates: BTreeMap<String, Estimate>,
    /// The share of the catalogue that some question shows.
    pub coverage: Option<f64>,
    /// nDCG by question.
    pub ndcg: BTreeMap<String, f64>,
    /// Mean recall by depth.
    pub recall: Vec<(usize, f64)>,
    /// The measured ranking minus this one, by metric; empty for the measured one itself.
    pub against: BTreeMap<String, Difference>,
    /// The same of nDCG by question.
    pub gains: BTreeMap<String, f64>,
}

/// nDCG of the questions of one language.
#[derive(Debug, Clone)]
pub struct LanguageFigures {
    pub language: String,
    pub queries: usize,
    pub ndcg: Vec<Estimate>,
}

/// What a weight is worth: nDCG with it minus nDCG with 0 in its place.
#[derive(Debug, Clone)]
pub struct Effect {
    pub weight: String,
    pub difference: Difference,
}

/// A question, what it got and what it should have got.
#[derive(Debug, Clone, Default)]
pub struct WorstQuery {
    pub id: String,
    pub text: String,
    pub language: String,
    /// The asker's situation in words; empty when there is none.
    pub profile: String,
    pub ndcg: f64,
    pub results: Vec<Shown>,
    pub missed: Vec<Missed>,
}

/// One result as the asker saw it.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    pub id: String,
    pub title: String,
    /// Nothing when nobody judged it.
    pub grade: Option<i32>,
    /// Its points with their sentences, those that gave nothing left out.
    pub reasons: Vec<(f64, String)>,
}

/// A relevant resource that was not among the first k.
#[derive(Debug, Clone, Default)]
pub struct Missed {
    pub id: String,
    pub title: String,
    pub grade: i32,
    /// Where it was instead; nothing when the question did not find it at all.
    pub rank: Option<usize>,
    /// Why it was judged relevant, when that is known.
    pub reason: String,
}

impl Report {
    /// The whole page.
    pub fn to_html(&self) -> String {
        let mut body = self.header();
        body += &self.summary();
        body += &self.by_language();
        for collection in &self.collections {
            body += &collection.to_html(self);
        }
        body += &self.footer();
        let title = format!("Relevance of {}", escape(&self.measured()));
        let style = include_str!("report/style.css");
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
             <style>\n{style}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
        )
    }

    /// The name of nDCG at this report's depth.
    fn ndcg(&self) -> String {
        format!("ndcg@{}", self.k)
    }

    fn measured(&self) -> String {
        self.systems.first().cloned().unwrap_or_default()
    }

    fn header(&self) -> String {
        let queries: usize = self.collections.iter().map(|of| of.queries).sum();
        let others: Vec<String> = self
            .systems
            .iter()
            .skip(1)
            .map(|name| escape(name))
            .collect();
        let beside = match others.as_slice() {
            [] => String::new(),
            others => format!(", beside {}", others.join(" and ")),
        };
        let verdicts: String = self.collections.iter().map(|of| self.verdict(of)).collect();
        format!(
            "<header>\n<p class=\"brand\">Classo · relevance</p>\n<h1>How good is {}{beside}?</h1>\n\
             <p>{queries} judged questions in {}. Made on {}.</p>\n<ul class=\"verdicts\">\n{verdicts}</ul>\n</header>\n",
            escape(&self.measured()),
            match self.collections.len() {
                1 => "one collection".to_owned(),
                many => format!("{many} collections"),
            },
            escape(&self.made_on),
        )
    }

    /// One card a collection: the figure that matters, and whether it got better or worse.
    fn verdict(&self, section: &Section) -> String {
        let Some(estimate) = section
            .systems
            .first()
            .and_then(|of| of.estimates.get(&self.ndcg()))
        else {
            return String::new();
        };
        let mut lines = String::new();
        let mut class = "plain";
        for (name, system) in self.systems.iter().zip(&section.systems).skip(1) {
            let Some(difference) = system.against.get(&self.ndcg()) else {
                continue;
            };
            let (verdict, said) = significance(difference);
            class = verdict;
            lines += &format!(
                "<span class=\"change {verdict}\">{said} {}: {} (p {})</span>",
                escape(name),
                signed(difference.mean),
                decimals(difference.p),
            );
        }
        format!(
            "<li class=\"{class}\"><a href=\"#{0}\">{5}</a><strong>{1:.3}</strong>\
             <span>nDCG@{2}, 95 % between {3:.3} and {4:.3}</span>{lines}</li>\n",
            anchor(&section.name),
            estimate.mean,
            self.k,
            estimate.interval.low,
            estimate.interval.high,
            escape(&section.name),
        )
    }

    fn summary(&self) -> String {
        let mut rows = String::new();
        let columns = figures::columns(self.k);
        for section in &self.collections {
            for (name, system) in self.systems.iter().zip(&section.systems) {
                rows += &figures::row(&section.name, name, &columns, system);
            }
        }
        let heads: String = columns
            .iter()
            .map(|(_, label, meaning)| {
                format!("<th scope=\"col\"><abbr title=\"{meaning}\">{label}</abbr></th>")
            })
            .collect();
        format!(
            "<section>\n<h2>Summary</h2>\n<div class=\"scroll\"><table class=\"figures\">\n\
             <thead><tr><th scope=\"col\">Collection</th><th scope=\"col\">Ranking</th>{heads}\
             <th scope=\"col\"><abbr title=\"share of the catalogue that is among the first results of some question\">\
             Coverage</abbr></th></tr></thead>\n\
             <tbody>\n{rows}</tbody></table></div>\n<p class=\"note\">Means over judged questions; below each, the ends of \
             its 95 % interval (bootstrap). A triangle marks a ranking that differs significantly from the first one \
             (paired randomisation test, p below 0.05): ▲ it is better, ▼ it is worse.</p>\n</section>\n"
        )
    }

    fn by_language(&self) -> String {
        if self.languages.len() < 2 {
            return String::new();
        }
        let mut rows = Vec::new();
        for of in &self.languages {
            for (place, (name, estimate)) in self.systems.iter().zip(&of.ndcg).enumerate() {
                let whose = match self.systems.len() {
                    1 => String::new(),
                    _ => format!(", {name}"),
                };
                rows.push(Whisker {
                    label: format!("{}{whose}", of.language),
                    mean: estimate.mean,
                    interval: estimate.interval,
                    class: if place == 0 { "good" } else { "other" },
                });
            }
        }
        let counts: Vec<String> = self
            .languages
            .iter()
            .map(|of| format!("{} in {}", of.queries, of.language))
            .collect();
        let caption = format!(
            "Mean nDCG@{} with its 95 % interval, over all collections. Questions: {}.",
            self.k,
            counts.join(", ")
        );
        let plot = whiskers(
            "nDCG by language of the question",
            &caption,
            &rows,
            Range::Share,
        );
        format!(
            "<section>\n<h2>French against English</h2>\n<div class=\"alone\">{plot}</div></section>\n"
        )
    }

    fn footer(&self) -> String {
        "<footer><p>nDCG, MAP, MRR, precision and recall as trec_eval -c measures them; ERR as in Chapelle and others \
         (2009); RBP with persistence 0.8 as in Moffat and Zobel (2008). Intervals: percentile bootstrap. Significance: \
         two-sided paired randomisation test (Smucker, Allan and Carterette, 2007).</p></footer>\n"
            .to_owned()
    }
}

#[cfg(test)]
mod tests;
