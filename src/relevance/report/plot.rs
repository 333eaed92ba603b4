//! Plots as SVG, each in a figure with a title, a text alternative and a caption.
//!
//! Colours come from the page's style, so that a plot follows light, dark and print; what a colour says is said by
//! shape, place or words as well.

use crate::domain::markup::escape;
use std::fmt::Write;

pub(super) const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 250.0;
/// Where the drawing begins: the left of it is for labels of the axis.
const LEFT: f64 = 44.0;
const RIGHT: f64 = WIDTH - 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = HEIGHT - 30.0;

/// The style of the first, the second and all further rankings.
fn style(place: usize) -> &'static str {
    ["first", "second", "other"][place.min(2)]
}

/// The values of each ranking, every one sorted from the best question to the worst.
pub fn sorted_values(title: &str, caption: &str, rankings: &[(&str, Vec<f64>)]) -> String {
    let mut drawing = share_grid();
    // The first is drawn last, above the others.
    for (place, (_, values)) in rankings.iter().enumerate().rev() {
        let class = style(place);
        let mut sorted = values.clone();
        sorted.sort_unstable_by(|one, other| other.total_cmp(one));
        let points: Vec<(f64, f64)> = (0..)
            .zip(&sorted)
            .flat_map(|(place, value)| {
                let at = |n: usize| x_of(n as f64 / sorted.len() as f64);
                [
                    (at(place), y_of_share(*value)),
                    (at(place + 1), y_of_share(*value)),
                ]
            })
            .collect();
        drawing += &line(&points, class);
    }
    drawing += &bottom_labels(&[(0.0, "best answered"), (1.0, "worst answered")]);
    let quarter = |values: &[f64]| {
        let low = values.iter().filter(|value| **value < 0.25).count();
        format!("{low} of {} below 0.25", values.len())
    };
    let alternative: Vec<String> = rankings
        .iter()
        .map(|(name, values)| format!("{name}: {}", quarter(values)))
        .collect();
    figure(
        title,
        caption,
        &alternative.join("; "),
        HEIGHT,
        &(drawing + &legend(rankings, TOP + 14.0)),
    )
}

/// What each question gains and loses, from the greatest gain to the greatest loss.
pub fn gains_and_losses(title: &str, caption: &str, gains: &[f64]) -> String {
    let mut sorted: Vec<f64> = gains.iter().copied().filter(|gain| *gain != 0.0).collect();
    sorted.sort_unstable_by(|one, other| other.total_cmp(one));
    let middle = (TOP + BOTTOM) / 2.0;
    let y = |gain: f64| middle - gain.clamp(-1.0, 1.0) * (BOTTOM - TOP) / 2.0;
    let mut drawing = String::new();
    for (level, label) in [(-1.0, "−1"), (-0.5, "−0.5"), (0.5, "+0.5"), (1.0, "+1")] {
        drawing += &horizontal(y(level), "grid", label);
    }
    let width = (RIGHT - LEFT) / sorted.len().max(1) as f64;
    for (place, gain) in sorted.iter().enumerate() {
        let (class, top) = if *gain > 0.0 {
            ("good", y(*gain))
        } else {
            ("bad", middle)
        };
        write!(
            drawing,
            "<rect class=\"fill-{class}\" x=\"{:.2}\" y=\"{top:.2}\" width=\"{:.2}\" height=\"{:.2}\"/>",
            LEFT + place as f64 * width,
            (width * 0.88).max(0.3),
            (y(*gain) - middle).abs().max(0.5),
        )
        .expect("writing to a string");
    }
    drawing += &horizontal(middle, "zero", "0");
    let better = sorted.iter().filter(|gain| **gain > 0.0).count();
    let (worse, same) = (sorted.len() - better, gains.len() - sorted.len());
    let counts = format!("{better} better, {worse} worse, {same} unchanged");
    drawing += &bottom_labels(&[
        (0.0, &format!("{better} gain")),
        (1.0, &format!("{worse} lose")),
    ]);
    figure(title, caption, &counts, HEIGHT, &drawing)
}

/// Recall by depth, the depth on a logarithmic axis.
pub fn recall_curves(title: &str, caption: &str, rankings: &[(&str, Vec<(usize, f64)>)]) -> String {
    let deepest = rankings
        .iter()
        .flat_map(|(_, curve)| curve)
        .map(|(depth, _)| *depth)
        .max();
    let decades = (deepest.unwrap_or(10).max(10) as f64).log10();
    let x = |depth: usize| x_of((depth as f64).log10() / decades);
    let mut drawing = share_grid();
    for (place, (_, curve)) in rankings.iter().enumerate().rev() {
        let class = style(place);
        let points: Vec<(f64, f64)> = curve
            .iter()
            .map(|(depth, recall)| (x(*depth), y_of_share(*recall)))
            .collect();
        drawing += &line(&points, class);
        for (at, y) in &points {
            write!(
                drawing,
                "<circle class=\"fill-{class}\" cx=\"{at:.1}\" cy=\"{y:.1}\" r=\"3\"/>"
            )
            .expect("writing to a string");
        }
    }
    let ticks: Vec<(f64, String)> = [1usize, 10, 100, 1000]
        .into_iter()
        .map(|depth| ((depth as f64).log10() / decades, depth.to_string()))
        .collect();
    let ticks: Vec<(f64, &str)> = ticks
        .iter()
        .map(|(at, text)| (*at, text.as_str()))
        .collect();
    drawing += &bottom_labels(&ticks);
    let at_end = |(name, curve): &(&str, Vec<(usize, f64)>)| {
        let told = curve
            .iter()
            .filter(|(depth, _)| [10, 100, 1000].contains(depth));
        let told: Vec<String> = told
            .map(|(depth, recall)| format!("{recall:.3} at {depth}"))
            .collect();
        format!("{name}: {}", told.join(", "))
    };
    let alternative: Vec<String> = rankings.iter().map(at_end).collect();
    figure(
        title,
        caption,
        &alternative.join("; "),
        HEIGHT,
        &(drawing + &legend(rankings, BOTTOM - 18.0 * rankings.len() as f64)),
    )
}

/// A drawing in its frame, with what it says in words.
pub(super) fn figure(
    title: &str,
    caption: &str,
    alternative: &str,
    height: f64,
    drawing: &str,
) -> String {
    format!(
        "<figure><h3>{title}</h3>\
         <svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{label}\">\
         <title>{title}</title><desc>{alternative}</desc>{drawing}</svg>\
         <figcaption>{caption}</figcaption></figure>\n",
        title = escape(title),
        label = escape(&format!("{title}. {alternative}")),
        alternative = escape(alternative),
        caption = escape(caption),
    )
}

fn x_of(share: f64) -> f64 {
    LEFT + share * (RIGHT - LEFT)
}

fn y_of_share(share: f64) -> f64 {
    BOTTOM - share.clamp(0.0, 1.0) * (BOTTOM - TOP)
}

fn share_grid() -> String {
    [0.0, 0.25, 0.5, 0.75, 1.0]
        .into_iter()
        .map(|level| horizontal(y_of_share(level), "grid", &level.to_string()))
        .collect()
}

fn horizontal(y: f64, class: &str, label: &str) -> String {
    format!(
        "<line class=\"{class}\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
         <text class=\"soft\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        LEFT - 6.0,
        y + 4.0,
        escape(label),
    )
}

fn line(points: &[(f64, f64)], class: &str) -> String {
    let points: Vec<String> = points
        .iter()
        .map(|(x, y)| format!("{x:.1},{y:.1}"))
        .collect();
    format!(
        "<polyline class=\"line-{class}\" points=\"{}\"/>",
        points.join(" ")
    )
}

/// Labels below the axis, by their share of its length.
fn bottom_labels(labels: &[(f64, &str)]) -> String {
    let label = |(share, text): &(f64, &str)| {
        let anchor = match share {
            share if *share <= 0.0 => "start",
            share if *share >= 1.0 => "end",
            _ => "middle",
        };
        format!(
            "<text class=\"soft\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            x_of(*share),
            BOTTOM + 20.0,
            escape(text)
        )
    };
    labels.iter().map(label).collect()
}

/// Which line is whose; not needed for a single one.
fn legend<T>(rankings: &[(&str, T)], top: f64) -> String {
    if rankings.len() < 2 {
        return String::new();
    }
    let entry = |(place, (name, _)): (usize, &(&str, T))| {
        let class = style(place);
        let y = top + place as f64 * 18.0;
        format!(
            "<line class=\"line-{class} key\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>\
             <text x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>",
            RIGHT - 36.0,
            RIGHT - 6.0,
            y - 4.0,
            y - 4.0,
            RIGHT - 42.0,
            escape(name)
        )
    };
    rankings.iter().enumerate().map(entry).collect()
}
