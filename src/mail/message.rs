//! A letter as a message: headers, plain text, and the same as HTML.

use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};

use super::{DeliveryError, address, words};
use crate::domain::letter::OutgoingLetter;

/// A message and what it is filed under.
pub struct Post {
    /// Whose it is and which one: letters, digits and `-`.
    pub name: String,
    pub message: Message,
}

/// Builds the message of a letter. Built twice, it has the same `Message-ID` and the same `Date`.
pub fn post(
    from: &Mailbox,
    site: &str,
    owner: &str,
    outgoing: &OutgoingLetter,
) -> Result<Post, DeliveryError> {
    let never = |what: &str| DeliveryError::Permanent(what.to_owned());
    let to = address(&outgoing.to).ok_or_else(|| never("the address cannot be written to"))?;
    let written = words::write(&outgoing.letter, outgoing.language, site);
    let written_at = outgoing.written_at.try_into();
    let written_at = written_at.map_err(|_| never("the letter has no date"))?;
    let id = format!("<{}@{}>", outgoing.id, from.email.domain());
    let mut message = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(written.subject)
        .message_id(Some(id))
        .date(written_at)
        // No answering machine answers (RFC 3834).
        .raw_header(raw("Auto-Submitted", "auto-generated"))
        .raw_header(raw("Content-Language", outgoing.language.tag()));
    if let Some(link) = &outgoing.unsubscribe {
        message = message
            .raw_header(raw("List-Unsubscribe", &format!("<{link}>")))
            .raw_header(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    let message = message
        .multipart(MultiPart::alternative_plain_html(
            written.plain,
            written.html,
        ))
        .map_err(|_| never("the message cannot be built"))?;
    Ok(Post {
        name: format!("{owner}-{}", outgoing.id),
        message,
    })
}

/// A header that lettre has no type for.
fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::language::Language;
    use crate::domain::letter::{Letter, LetterId};

    fn outgoing(to: &str) -> OutgoingLetter {
        OutgoingLetter {
            id: LetterId::from_random([7; 16]),
            to: to.to_owned(),
            language: Language::Fr,
            written_at: Timestamp::from_second(1_800_000_000).expect("in range"),
            letter: Letter::SecondFactorOff {
                at: Timestamp::UNIX_EPOCH,
            },
            unsubscribe: None,
        }
    }

    fn sent(outgoing: &OutgoingLetter) -> Result<String, DeliveryError> {
        let from = "Classo <bonjour@classo.example>"
            .parse()
            .expect("an address");
        let post = post(&from, "https://classo.example", "0a", outgoing)?;
        Ok(String::from_utf8(post.message.formatted()).expect("ASCII"))
    }

    #[test]
    fn it_can_be_told_apart_answered_by_no_machine_and_built_twice() {
        let message = sent(&outgoing("lucie@école.example")).expect("built");
        let (head, body) = message.split_once("\r\n\r\n").expect("a head");
        let boundary = |text: &str| text.contains("multipart/alternative");
        for line in [
            "From: Classo <bonjour@classo.example>",
            "To: lucie@xn--cole-9oa.example",
            "Date: Fri, 15 Jan 2027 08:00:00 +0000",
            "Message-ID: <07070707070747078707070707070707@classo.example>",
            "Auto-Submitted: auto-generated",
            "Content-Language: fr",
            "MIME-Version: 1.0",
        ] {
            assert!(head.contains(line), "{line} in {head}");
        }
        assert!(
            head.is_ascii() && boundary(head) && !head.contains("List-"),
            "{head}"
        );
        assert!(body.contains("text/plain") && body.contains("text/html"));
        let mut letter = outgoing("lucie@ecole.example");
        letter.unsubscribe = Some("https://classo.example/unsubscribe/1".to_owned());
        let message = sent(&letter).expect("built");
        assert!(message.contains("List-Unsubscribe: <https://classo.example/unsubscribe/1>"));
        assert!(message.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"));
    }

    #[test]
    fn no_address_adds_a_header_or_a_recipient() {
        for to in [
            "lucie@ecole.example\r\nBcc: all@ecole.example",
            "lucie@ecole.example, marc@ecole.example",
            "lucie@ecole.example\n",
            "<lucie@ecole.example>",
            "lucie",
            "",
        ] {
            assert!(
                matches!(sent(&outgoing(to)), Err(DeliveryError::Permanent(_))),
                "{to:?}"
            );
        }
    }
}
