//! Titles by the words they begin with or contain: what the current snapshot suggests to who is typing.

use std::collections::HashSet;
use std::ops::ControlFlow;

use tantivy::columnar::StrColumn;
use tantivy::{DocId, SegmentReader};

use super::IndexError;
use super::completion::{Guess, Shelf, complete};
use super::document::{TITLE_CHARS, decode_merit};
use super::schema::title_order_field;
use super::segment::string_column;
use super::snapshot::Snapshot;
use super::word_starts::{Builder, WordStarts};
use crate::domain::language::Language;
use crate::domain::typed::{Closeness, Typed};
use crate::query::attributes::Merit;
use crate::query::found::Place;

/// Entries that one keystroke looks at. Together with those of the vocabularies they stay below a hundred.
pub const TITLE_LOOKS: usize = 64;

/// The titles of one segment, by language. Deletions do not change them; they are respected when they are read.
///
/// A title of six words takes about 90 bytes: 13 a word (see [`WordStarts`]), 4 for its place and 4 for its document.
/// Its text stays in the engine's column.
pub struct Titles([Option<LanguageTitles>; 2]);

struct LanguageTitles {
    words: WordStarts,
    column: StrColumn,
    /// Where the documents of each title begin, by the title's place in the alphabet; and where the last ones end.
    starts: Vec<u32>,
    /// By title, the best-filled first.
    documents: Vec<DocId>,
}

/// A title that may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitleSuggestion {
    /// A resource that has it.
    pub place: Place,
    /// As people wrote it.
    pub title: String,
    /// Whether `title` is only the first part of a long one.
    pub is_cut: bool,
    pub closeness: Closeness,
    /// Whether it is not in the reader's language.
    pub foreign: bool,
    /// How much of the record is filled in, in twentieths.
    pub completeness: u8,
}

impl Snapshot {
    /// The titles that what is typed may mean, each once, likeliest first; of a resource whose titles in both languages
    /// fit, the reader's. Looks at no more than [`TITLE_LOOKS`]
    /// entries, whatever the size of the catalogue; what is listed of a segment is made at the first call after it
    /// appeared.
    ///
    /// # Errors
    /// When the titles of a segment cannot be read.
    pub fn suggest_titles(
        &self,
        typed: &Typed,
        language: Language,
        most: usize,
    ) -> Result<Vec<TitleSuggestion>, IndexError> {
        let mut shelves = Vec::with_capacity(2 * self.segments.len());
        let mut titles = Vec::with_capacity(shelves.capacity());
        for (number, segment) in self.segments.iter().enumerate() {
            let of_segment = segment
                .columns
                .titles
                .get_or_init(|| Titles::read(&segment.reader).map_err(|error| error.to_string()));
            let Titles(by_language) = match of_segment {
                Ok(titles) => titles,
                Err(reason) => return Err(IndexError::Damaged(reason.clone())),
            };
            for (own, of_language) in Language::ALL.into_iter().zip(by_language) {
                if let Some(of_language) = of_language {
                    shelves.push(Shelf {
                        words: &of_language.words,
                        foreign: own != language,
                    });
                    titles.push((number, of_language));
                }
            }
        }
        let mut found: Vec<TitleSuggestion> = Vec::with_capacity(most);
        let mut seen = HashSet::new();
        complete(
            &shelves,
            typed,
            TITLE_LOOKS,
            &mut |Guess { shelf, text }| {
                let (segment, of_language) = titles[shelf];
                let order = of_language.text(text)?;
                let (key, title) = order.split_once('\u{1}').unwrap_or((&order, ""));
                let live = of_language.live(text, &self.segments[segment].reader);
                if let (Some(closeness), Some(document)) = (typed.closeness(key), live)
                    && seen.insert(title.to_owned())
                {
                    let suggestion = TitleSuggestion {
                        place: Place {
                            segment: segment as u32,
                            document,
                        },
                        title: title.to_owned(),
                        is_cut: title.chars().count() >= TITLE_CHARS,
                        closeness,
                        foreign: shelves[shelf].foreign,
                        completeness: of_language.words.quality(text),
                    };
                    add(suggestion, &mut found);
                }
                Ok::<_, IndexError>(match found.len() < most {
                    true => ControlFlow::Continue(()),
                    false => ControlFlow::Break(()),
                })
            },
        )?;
        found.truncate(most);
        found.sort_by(|one, other| one.order().cmp(&other.order()));
        Ok(found)
    }
}

/// Adds a title, unless its resource is there already; what is there in the other language gives way.
fn add(suggestion: TitleSuggestion, found: &mut Vec<TitleSuggestion>) {
    match found
        .iter_mut()
        .find(|other| other.place == suggestion.place)
    {
        Some(other) if other.foreign && !suggestion.foreign => *other = suggestion,
        Some(_) => {}
        None => found.push(suggestion),
    }
}

impl LanguageTitles {
    /// A title as the column has it: its folded words, then the title itself.
    fn text(&self, title: u32) -> Result<String, IndexError> {
        let mut text = String::new();
        self.column.ord_to_str(u64::from(title), &mut text)?;
        Ok(text)
    }

    /// The best-filled resource that still has a title. Deleted ones are passed over; they go with the next merge.
    fn live(&self, title: u32, reader: &SegmentReader) -> Option<DocId> {
        let place = title as usize;
        let (from, to) = (self.starts[place], self.starts[place + 1]);
        let mut documents = self.documents[from as usize..to as usize].iter();
        documents
            .find(|document| !reader.is_deleted(**document))
            .copied()
    }
}

impl TitleSuggestion {
    fn order(&self) -> (Closeness, bool, u8, &str) {
        let worse = u8::MAX - self.completeness;
        (self.closeness, self.foreign, worse, &self.title)
    }
}

impl Titles {
    fn read(reader: &SegmentReader) -> Result<Titles, IndexError> {
        let [french, english] = Language::ALL.map(|language| Column::open(reader, language));
        let (french, english) = (french?, english?);
        let same = match (&french, &english) {
            (Some(french), Some(english)) => french.same_in(english)?,
            _ => Vec::new(),
        };
        let merits = merits(reader)?;
        let is_one = |document: DocId| -> Option<bool> {
            let of_french = french.as_ref()?.title(document)?;
            let of_english = english.as_ref()?.title(document)?;
            Some(same[of_french as usize] == Some(of_english))
        };
        // Each column has a title for every record, if need be the other's: one that is alone belongs to the languages
        // that its record speaks.
        let belongs = |document: DocId, language: Language| {
            let speaks = merits[document as usize].speaks;
            is_one(document) != Some(true) || speaks == 0 || speaks & 1 << language as u8 != 0
        };
        let fill = |document: DocId| merits[document as usize].completeness;
        let shelve = |column: Option<&Column>, language| {
            let of_language = |column: &Column| {
                let own = (0..reader.max_doc()).filter(|document| belongs(*document, language));
                column.titles(own, &fill)
            };
            column.map(of_language).transpose()
        };
        Ok(Titles([
            shelve(french.as_ref(), Language::Fr)?,
            shelve(english.as_ref(), Language::En)?,
        ]))
    }
}

/// The titles of a segment in one language, by place in the alphabet.
struct Column(StrColumn);

impl Column {
    fn open(reader: &SegmentReader, language: Language) -> Result<Option<Column>, IndexError> {
        let column = reader.fast_fields().str(&title_order_field(language))?;
        Ok(column.map(Column))
    }

    fn title(&self, document: DocId) -> Option<u32> {
        self.0.ords().first(document).map(|title| title as u32)
    }

    /// For each title, which one of another column is the same.
    fn same_in(&self, other: &Column) -> Result<Vec<Option<u32>>, IndexError> {
        let mut same = Vec::with_capacity(self.0.num_terms());
        let mut own = self.0.dictionary().stream()?;
        let mut others = other.0.dictionary().stream()?;
        let mut there = others.advance();
        while own.advance() {
            while there && others.key() < own.key() {
                there = others.advance();
            }
            let is_same = there && others.key() == own.key();
            same.push(is_same.then(|| others.term_ord() as u32));
        }
        Ok(same)
    }

    /// The titles of some documents; `fill` says how well their records are filled in.
    fn titles(
        &self,
        documents: impl Iterator<Item = DocId>,
        fill: &dyn Fn(DocId) -> u8,
    ) -> Result<LanguageTitles, IndexError> {
        let having = |document| Some((self.title(document)?, document));
        let mut having: Vec<(u32, DocId)> = documents.filter_map(having).collect();
        having.sort_unstable_by_key(|(title, document)| (*title, !fill(*document), *document));
        let mut starts = vec![0; self.0.num_terms() + 1];
        let mut quality = vec![0; self.0.num_terms()];
        for (title, document) in having.iter().rev() {
            quality[*title as usize] = fill(*document);
        }
        for (title, _) in &having {
            starts[*title as usize + 1] += 1;
        }
        for title in 1..starts.len() {
            starts[title] += starts[title - 1];
        }
        let mut builder = Builder::new(quality);
        let mut all = self.0.dictionary().stream()?;
        while all.advance() {
            let title = all.term_ord() as u32;
            if starts[title as usize] < starts[title as usize + 1] {
                let order = String::from_utf8_lossy(all.key());
                let key = order.split('\u{1}').next().unwrap_or_default();
                builder.add(title, 0, key);
            }
        }
        Ok(LanguageTitles {
            words: builder.finish(),
            column: self.0.clone(),
            starts,
            documents: having.into_iter().map(|(_, document)| document).collect(),
        })
    }
}

/// The merits of a segment's documents.
fn merits(reader: &SegmentReader) -> Result<Vec<Merit>, IndexError> {
    let column = string_column(reader, "merit")?;
    let mut distinct = Vec::with_capacity(column.num_terms());
    let mut text = String::new();
    for ordinal in 0..column.num_terms() as u64 {
        text.clear();
        column.ord_to_str(ordinal, &mut text)?;
        distinct.push(decode_merit(&text).unwrap_or_default());
    }
    let of_document = |document| {
        let ordinal = column.ords().first(document)?;
        distinct.get(ordinal as usize).copied()
    };
    let documents = 0..reader.max_doc();
    Ok(documents
        .map(|document| of_document(document).unwrap_or_default())
        .collect())
}
