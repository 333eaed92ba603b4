//! What letters say: data in two languages, `letters/fr.toml` and `letters/en.toml`.
//!
//! A letter is a list of paragraphs, from which its plain text and its HTML are both made, so that they say the same.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::domain::language::Language;
use crate::domain::letter::Letter;
use crate::domain::markup::escape;

/// The words of a language.
#[derive(Debug, Deserialize)]
struct Words {
    greeting: String,
    signature: String,
    footer: String,
    #[serde(flatten)]
    letters: BTreeMap<String, Text>,
}

#[derive(Debug, Deserialize)]
struct Text {
    subject: String,
    paragraphs: Vec<String>,
}

static FRENCH: LazyLock<Words> = LazyLock::new(|| words(include_str!("letters/fr.toml")));
static ENGLISH: LazyLock<Words> = LazyLock::new(|| words(include_str!("letters/en.toml")));

fn words(text: &str) -> Words {
    toml::from_str(text).expect("the letters are embedded, and read by a test")
}

fn of(language: Language) -> &'static Words {
    match language {
        Language::Fr => &FRENCH,
        Language::En => &ENGLISH,
    }
}

/// A letter as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub subject: String,
    pub plain: String,
    pub html: String,
}

/// Writes a letter in a language; `site` is where people reach Classo.
pub fn write(letter: &Letter, language: Language, site: &str) -> Written {
    let words = of(language);
    let text = &words.letters[letter.name()];
    let values = values(letter, language, site);
    let fill = |template: &str| fill(template, &values);
    let footer = fill(&words.footer);
    let mut plain = vec![words.greeting.clone()];
    let mut html = vec![paragraph(&words.greeting)];
    for template in &text.paragraphs {
        let filled = fill(template);
        html.push(match template.as_str() {
            "{link}" => paragraph_of_link(&filled),
            _ => paragraph(&filled),
        });
        plain.push(filled);
    }
    plain.push(format!("{}\n{site}", words.signature));
    html.push(paragraph(&words.signature));
    let plain = format!("{}\n\n-- \n{footer}\n", plain.join("\n\n"));
    let subject = fill(&text.subject);
    Written {
        html: page(language, &subject, &html.concat(), &footer),
        subject,
        plain,
    }
}

/// What stands in the place of the braces.
fn values(letter: &Letter, language: Language, site: &str) -> Vec<(&'static str, String)> {
    let mut values = match letter {
        Letter::ConfirmAddress { link, hours }
        | Letter::ResetPassword { link, hours }
        | Letter::ConfirmNewAddress { link, hours } => {
            vec![("link", link.clone()), ("hours", hours.to_string())]
        }
        Letter::HasAccount { link } => vec![("link", link.clone())],
        Letter::PasswordChanged { at }
        | Letter::AddressChanged { at }
        | Letter::SecondFactorOn { at }
        | Letter::SecondFactorOff { at } => vec![("at", moment(*at, language))],
        Letter::RecoveryCodeUsed { at, left } => {
            vec![("at", moment(*at, language)), ("left", left.to_string())]
        }
        Letter::AccountDeleted {
            at,
            receipt,
            kept_until,
        } => vec![
            ("at", moment(*at, language)),
            ("receipt", receipt.clone()),
            ("kept_until", moment(*kept_until, language)),
        ],
    };
    values.push(("site", site.to_owned()));
    values
}

/// Day and minute in Québec.
fn moment(at: Timestamp, language: Language) -> String {
    let zone = TimeZone::get("America/Toronto").expect("the time zones are bundled");
    let local = at.to_zoned_datetime(zone);
    match language {
        Language::Fr => local
            .strftime("%Y-%m-%d à %-H h %M (heure de l'Est)")
            .to_string(),
        Language::En => local
            .strftime("%Y-%m-%d at %H:%M (Eastern Time)")
            .to_string(),
    }
}

/// Puts values in the place of `{names}`; what a value itself contains stays as it is.
fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(before);
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    filled + rest
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escape(text).replace('\n', "<br>\n"))
}

fn paragraph_of_link(link: &str) -> String {
    let link = escape(link);
    format!("<p><a href=\"{link}\">{link}</a></p>\n")
}

/// A page without pictures, scripts or anything from elsewhere: opening a letter tells nobody.
fn page(language: Language, subject: &str, body: &str, footer: &str) -> String {
    let (tag, subject, footer) = (language.tag(), escape(subject), escape(footer));
    format!(
        "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{subject}</title></head>\n\
         <body style=\"font: 16px/1.5 sans-serif; max-width: 36em; margin: 2em auto; padding: 0 1em\">\n\
         {body}<hr>\n<p><small>{footer}</small></p>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn braces(template: &str) -> Vec<&str> {
        let names = template.split('{').skip(1);
        let mut names: Vec<_> = names
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    #[test]
    fn every_letter_is_written_in_both_languages_and_says_all_it_has_to() {
        let samples = Letter::samples(Timestamp::UNIX_EPOCH);
        for language in Language::ALL {
            let words = of(language);
            assert_eq!(
                words.letters.len(),
                samples.len(),
                "{language:?}: one text for each letter"
            );
            for letter in &samples {
                let text = &words.letters[letter.name()];
                let used = text.paragraphs.join(" ") + &text.subject;
                let known = values(letter, language, "");
                for name in braces(&used) {
                    assert!(
                        known.iter().any(|(known, _)| *known == name),
                        "{}: {{{name}}}",
                        letter.name()
                    );
                }
                for (name, _) in known.iter().filter(|(name, _)| *name != "site") {
                    assert!(
                        braces(&used).contains(name),
                        "{} tells no {name}",
                        letter.name()
                    );
                }
                let written = write(letter, language, "https://classo.example");
                let all = written.subject.clone() + &written.plain + &written.html;
                assert!(!all.contains('{') && !all.contains("<p></p>"), "{all}");
                assert!(
                    !written.subject.is_empty()
                        && written
                            .html
                            .contains(&format!("lang=\"{}\"", language.tag()))
                );
            }
        }
    }

    #[test]
    fn what_a_letter_carries_can_neither_add_html_nor_fill_braces() {
        let letter = Letter::AccountDeleted {
            at: Timestamp::UNIX_EPOCH,
            receipt: "<script>alert('{site}')</script>\n& \"more\"".to_owned(),
            kept_until: Timestamp::UNIX_EPOCH,
        };
        let written = write(&letter, Language::En, "https://classo.example");
        assert!(written.html.contains(
            "&lt;script&gt;alert(&#39;{site}&#39;)&lt;/script&gt;<br>\n&amp; &quot;more&quot;"
        ));
        assert!(written.plain.contains("alert('{site}')"));
        assert!(written.plain.contains("1969-12-31 at 19:00"));
    }
}
