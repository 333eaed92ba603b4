//! What there is to say of one collection.

use super::figures::signed;
use super::html::anchor;
use super::plot;
use super::whisker::{Range, Whisker, whiskers};
use super::{Effect, Missed, Report, Section, Shown, WorstQuery};
use crate::domain::markup::escape;
use crate::relevance::statistics::SIGNIFICANT;

impl Section {
    pub(super) fn to_html(&self, report: &Report) -> String {
        let searched = match self.documents {
            Some(documents) => format!(" asked of {documents} resources"),
            None => String::new(),
        };
        let covered = match self.systems.first().and_then(|of| of.coverage) {
            Some(coverage) => format!(
                "; {:.0} % of them are among the first {} of some question",
                coverage * 100.0,
                report.k
            ),
            None => String::new(),
        };
        format!(
            "<section id=\"{4}\">\n<h2>{0}</h2>\n<p class=\"meta\">{1} judged questions{searched}{covered}.</p>\n\
             <div class=\"plots\">\n{2}</div>\n{3}</section>\n",
            escape(&self.name),
            self.queries,
            self.plots(report),
            self.worst_questions(report),
            anchor(&self.name),
        )
    }

    fn plots(&self, report: &Report) -> String {
        let names = report.systems.iter().map(String::as_str);
        let named: Vec<_> = names.zip(&self.systems).collect();
        let ndcg: Vec<_> = named
            .iter()
            .map(|(name, of)| (*name, of.ndcg.values().copied().collect()))
            .collect();
        let recall: Vec<_> = named
            .iter()
            .map(|(name, of)| (*name, of.recall.clone()))
            .collect();
        let mut plots = plot::sorted_values(
            &format!("nDCG@{} of each question, sorted", report.k),
            "Each step is a question; what lies above the line is still to gain.",
            &ndcg,
        );
        for (name, of) in named.iter().skip(1) {
            plots += &gains(
                report,
                name,
                &of.gains.values().copied().collect::<Vec<f64>>(),
            );
            plots += &self.metric_differences(report, name, of);
        }
        plots += &plot::recall_curves(
            "Recall by depth",
            "The share of the judged relevant resources among the first results; the depth grows tenfold a mark.",
            &recall,
        );
        plots + &ablation(report.k, &self.ablation)
    }

    fn metric_differences(&self, report: &Report, name: &str, of: &super::SystemFigures) -> String {
        let rows: Vec<Whisker> = super::figures::columns(report.k)
            .into_iter()
            .filter(|(metric, _, _)| metric != "answered" && !metric.starts_with("unjudged"))
            .filter_map(|(metric, label, _)| {
                let difference = of.against.get(&metric)?;
                Some(Whisker {
                    label: format!("{label}{}", star(difference.p)),
                    mean: difference.mean,
                    interval: difference.interval,
                    class: class(difference.mean, difference.p),
                })
            })
            .collect();
        whiskers(
            &format!("{} minus {name}, by metric", report.measured()),
            "Mean difference with its 95 % interval; a star marks p below 0.05.",
            &rows,
            Range::AroundZero,
        )
    }

    fn worst_questions(&self, report: &Report) -> String {
        if self.worst.is_empty() {
            return String::new();
        }
        let questions: String = self.worst.iter().map(|of| question(report.k, of)).collect();
        format!("<h3>The worst answered questions</h3>\n{questions}")
    }
}

fn gains(report: &Report, name: &str, gains: &[f64]) -> String {
    plot::gains_and_losses(
        &format!("Gains and losses against {name}"),
        &format!(
            "nDCG@{} of {} minus that of {name}, question by question; unchanged ones are left out.",
            report.k,
            report.measured()
        ),
        gains,
    )
}

/// What each weight is worth; those without any effect are named below.
fn ablation(k: usize, effects: &[Effect]) -> String {
    if effects.is_empty() {
        return String::new();
    }
    let (moving, still): (Vec<&Effect>, Vec<&Effect>) = effects
        .iter()
        .partition(|effect| effect.difference.better + effect.difference.worse > 0);
    let rows: Vec<Whisker> = moving
        .into_iter()
        .map(|Effect { weight, difference }| Whisker {
            label: format!("{weight}{}", star(difference.p)),
            mean: difference.mean,
            interval: difference.interval,
            class: class(difference.mean, difference.p),
        })
        .collect();
    let still: Vec<&str> = still.iter().map(|effect| effect.weight.as_str()).collect();
    let without = match still.as_slice() {
        [] => String::new(),
        still => format!(" Without effect on these questions: {}.", still.join(", ")),
    };
    whiskers(
        "What each weight is worth",
        &format!(
            "nDCG@{k} lost when the weight is 0, with its 95 % interval: to the right of zero it helps; an arrow goes beyond the axis. A star marks p \
             below 0.05; of many weights, one in twenty gets one by chance.{without}"
        ),
        &rows,
        Range::AroundZero,
    )
}

fn star(p: f64) -> &'static str {
    if p < SIGNIFICANT { " ★" } else { "" }
}

fn class(mean: f64, p: f64) -> &'static str {
    match mean {
        _ if p >= SIGNIFICANT => "other",
        mean if mean > 0.0 => "good",
        _ => "bad",
    }
}

fn question(k: usize, of: &WorstQuery) -> String {
    let profile = match of.profile.as_str() {
        "" => String::new(),
        profile => format!(" · asked by: {}", escape(profile)),
    };
    // The texts of question and results are in the asker's language, the page is in English.
    let spoken = match of.language.as_str() {
        "" => String::new(),
        language => format!(" lang=\"{}\"", escape(language)),
    };
    let ranked = (1..).zip(&of.results);
    let rows: String = ranked
        .map(|(rank, shown)| result(rank, shown, &spoken))
        .collect();
    let table = if of.results.is_empty() {
        "<p>No results.</p>".to_owned()
    } else {
        format!(
            "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Rank</th><th scope=\"col\">Result</th>\
             <th scope=\"col\">Grade</th><th scope=\"col\">Why it is here</th></tr></thead><tbody>{rows}</tbody></table></div>"
        )
    };
    let missed: String = of.missed.iter().map(missed).collect();
    let missed = match missed.as_str() {
        "" => String::new(),
        items => format!(
            "<p class=\"missed-title\">Relevant, but not among the first {k}</p><ul class=\"missed\">{items}</ul>"
        ),
    };
    format!(
        "<article class=\"question\"><h4{spoken}>{}</h4><p class=\"meta\"><code>{}</code> · {} · nDCG@{k} {:.3}{profile}</p>\
         {table}{missed}</article>\n",
        escape(&of.text),
        escape(&of.id),
        escape(&of.language),
        of.ndcg,
    )
}

fn result(rank: usize, shown: &Shown, spoken: &str) -> String {
    let grade = match shown.grade {
        Some(grade) => grade.to_string(),
        None => "not judged".to_owned(),
    };
    let reasons: Vec<String> = shown
        .reasons
        .iter()
        .map(|(points, text)| format!("{} {}", signed(*points), escape(text)))
        .collect();
    format!(
        "<tr><td>{rank}</td><td{spoken}>{}<br><code>{}</code></td><td class=\"grade\">{grade}</td>\
         <td class=\"reasons\"{spoken}>{}</td></tr>",
        escape(&shown.title),
        escape(&shown.id),
        reasons.join(" · "),
    )
}

fn missed(of: &Missed) -> String {
    let place = match of.rank {
        Some(rank) => format!("found at {rank}"),
        None => "not found".to_owned(),
    };
    let reason = match of.reason.as_str() {
        "" => String::new(),
        reason => format!(": {}", escape(reason)),
    };
    format!(
        "<li><strong>{}</strong> <code>{}</code>, grade {}, {place}{reason}</li>",
        escape(&of.title),
        escape(&of.id),
        of.grade
    )
}
