//! What a site's robots.txt lets a link check do (RFC 9309).

use std::time::Duration;

/// The name that groups of rules may call us by.
pub const PRODUCT: &str = "classo";

/// More of the file is not read.
pub const MOST_BYTES: usize = 500 * 1024;

/// A site that asks for longer pauses than this is asked no more often all the same.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// The rules that hold for us.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Robots {
    /// A path's beginning, with `*` and `$`, and whether it is allowed.
    rules: Vec<(String, bool)>,
    pub delay: Option<Duration>,
}

impl Robots {
    /// Nothing may be visited: what holds while a site cannot say its rules.
    pub fn closed() -> Self {
        Robots {
            rules: vec![("/".into(), false)],
            delay: None,
        }
    }

    /// The rules of the groups that name us, else of those that are for everybody.
    pub fn parse(file: &str) -> Self {
        let (mut ours, mut everybodys) = (None, Robots::default());
        let (mut names, mut in_rules): (Vec<String>, bool) = (Vec::new(), false);
        for line in file.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((field, value)) = line.split_once(':') else {
                continue;
            };
            let (field, value) = (field.trim().to_ascii_lowercase(), value.trim());
            if field == "user-agent" {
                if std::mem::take(&mut in_rules) {
                    names.clear();
                }
                names.push(value.to_ascii_lowercase());
                if value.eq_ignore_ascii_case(PRODUCT) {
                    ours.get_or_insert_with(Robots::default);
                }
                continue;
            }
            in_rules = true;
            for name in &names {
                let group = match name.as_str() {
                    PRODUCT => ours.get_or_insert_with(Robots::default),
                    "*" => &mut everybodys,
                    _ => continue,
                };
                group.add(&field, value);
            }
        }
        ours.unwrap_or(everybodys)
    }

    fn add(&mut self, field: &str, value: &str) {
        match field {
            "allow" | "disallow" if !value.is_empty() => {
                self.rules.push((value.to_owned(), field == "allow"));
            }
            "crawl-delay" => {
                let seconds = value.parse::<f64>().ok().filter(|seconds| *seconds >= 0.0);
                let delay = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                self.delay = delay.map(|delay| delay.min(LONGEST_DELAY));
            }
            _ => {}
        }
    }

    /// Whether a path with its query may be visited: the longest rule that fits decides, allowing ones first.
    pub fn allow(&self, path: &str) -> bool {
        let fitting = self.rules.iter().filter(|(rule, _)| fits(rule, path));
        let best = fitting.max_by_key(|(rule, allows)| (rule.len(), *allows));
        best.is_none_or(|(_, allows)| *allows)
    }
}

/// Whether a path begins as a rule says: `*` stands for anything, `$` for the end.
fn fits(rule: &str, path: &str) -> bool {
    let (rule, to_the_end) = match rule.strip_suffix('$') {
        Some(rule) => (rule, true),
        None => (rule, false),
    };
    let mut parts = rule.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    for (number, part) in parts.iter().enumerate() {
        let is_last = number + 1 == parts.len();
        if is_last && to_the_end {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    !to_the_end || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_fitting_rule_of_our_group_decides() {
        let robots = Robots::parse(
            "User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: Classo # us\nDisallow: /private\nAllow: /private/open\n\
             Disallow: /*.pdf$\nCrawl-delay: 2.5\n",
        );
        for (path, allowed) in [
            ("/", true),
            ("/private/x", false),
            ("/private/open/x", true),
            ("/a/b.pdf", false),
            ("/a/b.pdf?x", true),
        ] {
            assert_eq!(robots.allow(path), allowed, "{path}");
        }
        assert_eq!(robots.delay, Some(Duration::from_millis(2_500)));
        assert!(!Robots::parse("User-agent: *\nDisallow: /").allow("/x"));
        assert!(Robots::parse("User-agent: *\nDisallow:").allow("/x"));
        assert!(Robots::parse("<html>not found</html>").allow("/x"));
        assert!(!Robots::closed().allow("/"));
        assert_eq!(
            Robots::parse("User-agent: *\nCrawl-delay: 1e9").delay,
            Some(LONGEST_DELAY)
        );
    }
}
