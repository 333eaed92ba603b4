//! The engine's fields, made from `index-schema/resource.toml`.

use tantivy::schema::{
    Field, IndexRecordOption, NumericOptions, STORED, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::TokenizerManager;

use super::analysis::{Stems, TokenReader};
use crate::domain::language::Language;
use crate::index_schema::IndexSchema;
use crate::query::facet::Facet;

/// The engine's fields by what they are for.
#[derive(Clone)]
pub struct Fields {
    pub schema: Schema,
    /// How words are stemmed, in French and in English.
    pub stems: [Stems; 2],
    /// The resource's id: looked up to replace a document, and its order decides ties.
    pub id: Field,
    /// For each group of texts, the stems in French and in English.
    pub texts: Vec<[Field; 2]>,
    /// Every text's exact forms, with positions: phrases, exactness.
    pub exact: Field,
    /// For each facet, the declared ids on lines of one value: the engine numbers the distinct sets by itself.
    pub facets: [Field; Facet::COUNT],
    /// The numbers of a [`Merit`](crate::query::attributes::Merit), as one value for the same reason.
    pub merit: Field,
    /// Canadian cents.
    pub cost: Field,
    /// Seconds since 1970.
    pub updated: Field,
    /// Titles in the order of the alphabet, in French and in English.
    pub title_order: [Field; 2],
    /// The record as the API shows it: the only stored value.
    pub record: Field,
}

impl Fields {
    pub fn new(index_schema: &IndexSchema) -> Fields {
        let text_fields = &index_schema.text_fields;
        let mut schema = Schema::builder();
        let words = |tokenizer: &str, option| {
            let indexing = TextFieldIndexing::default()
                .set_tokenizer(tokenizer)
                .set_index_option(option)
                .set_fieldnorms(true);
            TextOptions::default().set_indexing_options(indexing)
        };
        let ordered = || TextOptions::default().set_fast("raw");
        let fast = || NumericOptions::default().set_fast();
        let id_indexing = TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_index_option(IndexRecordOption::Basic)
            .set_fieldnorms(false);
        let id = schema.add_text_field("id", ordered().set_indexing_options(id_indexing));
        let texts = text_fields.groups.iter().map(|group| {
            Language::ALL.map(|language| {
                let name = format!("{}_{}", group.name, language.tag());
                schema.add_text_field(
                    &name,
                    words(
                        &TokenReader::stem_name(language),
                        IndexRecordOption::WithFreqs,
                    ),
                )
            })
        });
        let texts = texts.collect();
        let exact = schema.add_text_field(
            "exact",
            words(TokenReader::EXACT, IndexRecordOption::WithFreqsAndPositions),
        );
        let facets = Facet::ALL.map(|facet| schema.add_text_field(&facet_field(facet), ordered()));
        let merit = schema.add_text_field("merit", ordered());
        let cost = schema.add_u64_field("cost", fast());
        let updated = schema.add_i64_field("updated", fast());
        let title_order = Language::ALL
            .map(|language| schema.add_text_field(&title_order_field(language), ordered()));
        let record = schema.add_text_field("record", STORED);
        Fields {
            schema: schema.build(),
            stems: Stems::of(index_schema),
            id,
            texts,
            exact,
            facets,
            merit,
            cost,
            updated,
            title_order,
            record,
        }
    }
}

pub fn facet_field(facet: Facet) -> String {
    format!("facet_{}", facet.name())
}

pub fn title_order_field(language: Language) -> String {
    format!("title_order_{}", language.tag())
}

/// The tokenizers that the fields name.
pub fn tokenizers() -> TokenizerManager {
    let manager = TokenizerManager::default();
    manager.register(TokenReader::EXACT, TokenReader::default());
    for language in Language::ALL {
        manager.register(&TokenReader::stem_name(language), TokenReader::default());
    }
    manager
}
