//! One segment of the index, with its attributes unpacked for the one pass.

use std::sync::Arc;

use tantivy::columnar::{Column, StrColumn};
use tantivy::fieldnorm::FieldNormReader;
use tantivy::schema::Field;
use tantivy::{DocId, SegmentReader};

use super::IndexError;
use super::document::decode_merit;
use super::schema::{Fields, facet_field};
use crate::domain::vocabulary::Vocabularies;
use crate::query::attributes::{Row, Sets};
use crate::query::facet::Facet;

/// A segment as a search sees it.
pub struct Segment {
    pub reader: SegmentReader,
    /// What never changes of a segment, deletions or not; shared between snapshots.
    pub columns: Arc<Columns>,
}

/// The attributes of a segment's documents, and the lengths of its texts.
pub struct Columns {
    pub rows: Vec<Row>,
    pub ids: StrColumn,
    pub lengths: Vec<[TextLength; 2]>,
}

/// How much text a field of a segment holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextLength {
    pub words: u64,
    /// Documents with at least one word in the field.
    pub documents: u64,
}

impl Columns {
    /// Reads the columns of a segment, adding the sets it brings to `sets`.
    pub fn load(
        reader: &SegmentReader,
        fields: &Fields,
        sets: &mut Sets,
        vocabularies: &Vocabularies,
    ) -> Result<Columns, IndexError> {
        let documents = reader.max_doc();
        let mut numbers: Vec<[u32; Facet::COUNT]> = vec![[0; Facet::COUNT]; documents as usize];
        for facet in Facet::ALL {
            let vocabulary = vocabularies.get(facet.name());
            read_numbered(
                reader,
                &facet_field(facet),
                |value| {
                    let mut declared: Vec<_> = value
                        .lines()
                        .filter_map(|id| vocabulary.ordinal(id))
                        .collect();
                    declared.sort_unstable();
                    declared.dedup();
                    Ok(sets.number(facet, &declared, vocabularies))
                },
                |document, number| numbers[document as usize][facet.column()] = number,
            )?;
        }
        let mut merits = vec![0; documents as usize];
        read_numbered(
            reader,
            "merit",
            |value| {
                let merit = decode_merit(value)
                    .ok_or_else(|| IndexError::Damaged(format!("the merit {value:?}")))?;
                Ok(sets.merit_number(merit))
            },
            |document, number| merits[document as usize] = number,
        )?;
        let costs = reader.fast_fields().u64("cost")?;
        let row = |document: DocId| {
            let at = document as usize;
            Row::new(numbers[at], merits[at], costs.first(document))
        };
        let rows = (0..documents).map(row).collect();
        let ids = string_column(reader, "id")?;
        let lengths = fields
            .texts
            .iter()
            .map(|languages| Ok([length(reader, languages[0])?, length(reader, languages[1])?]));
        Ok(Columns {
            rows,
            ids,
            lengths: lengths.collect::<Result<_, IndexError>>()?,
        })
    }
}

/// Reads a column of repeated texts: each distinct text is turned into a number once.
fn read_numbered(
    reader: &SegmentReader,
    name: &str,
    mut number: impl FnMut(&str) -> Result<u32, IndexError>,
    mut give: impl FnMut(DocId, u32),
) -> Result<(), IndexError> {
    let Some(column) = reader.fast_fields().str(name)? else {
        return Ok(());
    };
    let mut numbers = Vec::with_capacity(column.num_terms());
    let mut text = String::new();
    for ordinal in 0..column.num_terms() as u64 {
        text.clear();
        column.ord_to_str(ordinal, &mut text)?;
        numbers.push(number(&text)?);
    }
    let ordinals: &Column<u64> = column.ords();
    for document in 0..reader.max_doc() {
        if let Some(ordinal) = ordinals.first(document) {
            give(document, numbers[ordinal as usize]);
        }
    }
    Ok(())
}

/// A column of texts that every segment with documents has.
pub fn string_column(reader: &SegmentReader, name: &str) -> Result<StrColumn, IndexError> {
    let column = reader.fast_fields().str(name)?;
    column.ok_or_else(|| IndexError::Damaged(format!("a segment without the column {name}")))
}

fn length(reader: &SegmentReader, field: Field) -> Result<TextLength, IndexError> {
    let norms = field_norms(reader, field)?;
    let documents = (0..reader.max_doc())
        .filter(|document| norms.fieldnorm_id(*document) > 0)
        .count() as u64;
    Ok(TextLength {
        words: reader.inverted_index(field)?.total_num_tokens(),
        documents,
    })
}

pub fn field_norms(reader: &SegmentReader, field: Field) -> Result<FieldNormReader, IndexError> {
    Ok(reader.get_fieldnorms_reader(field)?)
}
