//! Means with their intervals, one below the other.

use std::fmt::Write;

use super::figures::signed;
use super::plot::{WIDTH, figure};
use crate::domain::markup::escape;
use crate::relevance::statistics::Interval;

/// The height of a line.
const ROW: f64 = 26.0;
/// Where the axis begins and ends: labels are left of it, values right.
const AXIS: (f64, f64) = (190.0, WIDTH - 76.0);
/// What fits in front of the axis.
const LONGEST_LABEL_CHARS: usize = 22;

/// A mean with its interval on a line of its own.
pub struct Whisker {
    pub label: String,
    pub mean: f64,
    pub interval: Interval,
    /// `good`, `bad` or `other`.
    pub class: &'static str,
}

/// What the axis covers.
#[derive(Clone, Copy)]
pub enum Range {
    /// 0 to 1.
    Share,
    /// As far to both sides of 0 as the intervals reach; when one of them would dwarf the others, it leaves the axis and
    /// ends in an arrow.
    AroundZero,
}

/// Draws them.
pub fn whiskers(title: &str, caption: &str, rows: &[Whisker], range: Range) -> String {
    let (from, to) = match range {
        Range::Share => (0.0, 1.0),
        Range::AroundZero => (-reach(rows), reach(rows)),
    };
    let x = |value: f64| AXIS.0 + (value - from) / (to - from) * (AXIS.1 - AXIS.0);
    let told = |value: f64| match range {
        Range::Share => format!("{value:.3}"),
        Range::AroundZero => signed(value),
    };
    let height = rows.len() as f64 * ROW + 34.0;
    let ticks = match range {
        Range::Share => vec![(0.0, "0".into()), (0.5, "0.5".into()), (1.0, "1".into())],
        Range::AroundZero => vec![(from, signed(from)), (0.0, "0".into()), (to, signed(to))],
    };
    let mut drawing: String = ticks
        .iter()
        .map(|(value, label)| tick(x(*value), label, height, *value == 0.0))
        .collect();
    for (place, row) in rows.iter().enumerate() {
        let y = place as f64 * ROW + 18.0;
        drawing += &labels(row, &told(row.mean), y);
        drawing += &whisker(
            row,
            x(row.interval.low),
            x(row.mean),
            x(row.interval.high),
            y,
        );
    }
    let words: Vec<String> = rows
        .iter()
        .map(|row| format!("{}: {}", row.label, told(row.mean)))
        .collect();
    figure(title, caption, &words.join("; "), height, &drawing)
}

/// How far the axis goes: to the widest interval, unless that is four times as wide as the next.
fn reach(rows: &[Whisker]) -> f64 {
    let ends = rows
        .iter()
        .map(|row| row.interval.low.abs().max(row.interval.high.abs()));
    let mut widest: Vec<f64> = ends.collect();
    widest.sort_unstable_by(|one, other| other.total_cmp(one));
    let reach = match widest.as_slice() {
        [first, second, ..] if *first > 4.0 * second && *second > 0.0 => *second,
        [first, ..] => *first,
        [] => 0.0,
    };
    (reach * 1.1).max(0.005)
}

fn tick(x: f64, label: &str, height: f64, is_zero: bool) -> String {
    let class = if is_zero { "zero" } else { "grid" };
    format!(
        "<line class=\"{class}\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"4\" y2=\"{:.1}\"/>\
         <text class=\"soft\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
        height - 26.0,
        height - 8.0,
    )
}

fn labels(row: &Whisker, value: &str, y: f64) -> String {
    let mut label: String = row.label.chars().take(LONGEST_LABEL_CHARS).collect();
    if label.len() < row.label.len() {
        label.push('…');
    }
    let baseline = y + 5.0;
    format!(
        "<text x=\"{:.1}\" y=\"{baseline:.1}\" text-anchor=\"end\">{}</text>\
         <text x=\"{WIDTH}\" y=\"{baseline:.1}\" text-anchor=\"end\">{value}</text>",
        AXIS.0 - 12.0,
        escape(&label),
    )
}

fn whisker(row: &Whisker, low: f64, mean: f64, high: f64, y: f64) -> String {
    let class = row.class;
    let (start, end) = (low.clamp(AXIS.0, AXIS.1), high.clamp(AXIS.0, AXIS.1));
    let mut drawn = String::new();
    if (AXIS.0..=AXIS.1).contains(&mean) {
        write!(
            drawn,
            "<line class=\"line-{class}\" x1=\"{start:.1}\" x2=\"{end:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <circle class=\"fill-{class}\" cx=\"{mean:.1}\" cy=\"{y:.1}\" r=\"5\"/>"
        )
    } else {
        let (edge, tip) = if mean > AXIS.1 { (AXIS.1, -9.0) } else { (AXIS.0, 9.0) };
        write!(
            drawn,
            "<polygon class=\"fill-{class}\" points=\"{edge:.1},{y:.1} {0:.1},{1:.1} {0:.1},{2:.1}\"/>",
            edge + tip,
            y - 6.0,
            y + 6.0,
        )
    }
    .expect("writing to a string");
    drawn
}
