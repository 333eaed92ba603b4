//! The yardstick: raw tantivy over the same texts and fields, written as one would by hand.
//!
//! It indexes every text that Classo indexes, in the same forms: its tokenizers read a text once for each field. Facets
//! are terms, each with all that it is found by.
//!
//! Top 20 with records; one pass that counts ordinals for the facets without a filter, and one more pass for each facet
//! with a filter of its own, that filter left out.

use std::collections::{BTreeMap, HashMap};

use classo::domain::language::Language;
use classo::domain::resource::Resource;
use classo::domain::text::WordReader;
use classo::index::analysis::Stems;
use classo::index::document::texts;
use classo::index_schema::IndexSchema;
use classo::query::facet::{Facet, Relation};
use classo::query::plan::Plan;
use classo::query::search_query::Query as Question;
use tantivy::collector::{Collector, MultiCollector, SegmentCollector, TopDocs};
use tantivy::columnar::StrColumn;
use tantivy::indexer::{LogMergePolicy, NoMergePolicy};
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use tantivy::{
    DocId, Index, IndexReader, IndexWriter, Score, Searcher, SegmentOrdinal, SegmentReader,
    TantivyDocument, Term,
};

const FACETS: [Facet; 5] = Facet::DEFAULT;

pub struct RawTantivy {
    reader: IndexReader,
    texts: Vec<(Field, Language, f32)>,
    facets: BTreeMap<Facet, Field>,
    record: Field,
}

impl RawTantivy {
    /// Indexes the resources and merges what the engine's usual policy merges.
    pub fn index(resources: &[Resource]) -> RawTantivy {
        let (mut writer, raw) = RawTantivy::build(resources);
        writer.set_merge_policy(Box::new(LogMergePolicy::default()));
        writer.commit().unwrap();
        writer.wait_merging_threads().unwrap();
        raw.reader.reload().unwrap();
        raw
    }

    /// Indexes the resources as Classo builds a generation: with as many threads and as much memory, merging nothing before
    /// all can be found.
    pub fn build(resources: &[Resource]) -> (IndexWriter, RawTantivy) {
        let mut schema = Schema::builder();
        let words = |tokenizer: &str, option| {
            TextOptions::default().set_indexing_options(
                TextFieldIndexing::default()
                    .set_tokenizer(tokenizer)
                    .set_index_option(option),
            )
        };
        let mut fields = Vec::new();
        for (name, weight) in [("title", 3.0), ("body", 1.0), ("meta", 1.0)] {
            for language in Language::ALL {
                let options = words(language.tag(), IndexRecordOption::WithFreqs);
                let field = schema.add_text_field(&format!("{name}_{}", language.tag()), options);
                fields.push((field, language, weight));
            }
        }
        let exact = schema.add_text_field(
            "exact",
            words("exact", IndexRecordOption::WithFreqsAndPositions),
        );
        let id = schema.add_text_field("id", words("raw", IndexRecordOption::Basic));
        let facet = words("raw", IndexRecordOption::Basic).set_fast("raw");
        let facets = FACETS.map(|f| (f, schema.add_text_field(f.name(), facet.clone())));
        let record = schema.add_text_field("record", STORED);
        let index = Index::create_from_tempdir(schema.build()).unwrap();
        let tokenizers = index.tokenizers();
        tokenizers.register("exact", Words::new(None));
        for (language, stems) in Language::ALL
            .into_iter()
            .zip(Stems::of(IndexSchema::embedded()))
        {
            tokenizers.register(language.tag(), Words::new(Some(stems)));
        }
        let threads = std::thread::available_parallelism().unwrap().get().min(4);
        let mut writer = index
            .writer_with_num_threads(threads, 192 * 1024 * 1024)
            .unwrap();
        writer.set_merge_policy(Box::new(NoMergePolicy));
        let classo = IndexSchema::embedded();
        for resource in resources {
            let mut document = TantivyDocument::default();
            document.add_text(id, resource.id.as_str());
            let runs_on = classo
                .compatibility
                .runs_on(&resource.devices, &resource.os);
            texts(resource, &runs_on, classo, |group, language, text| {
                for of in Language::ALL {
                    if language.is_none_or(|language| language == of) {
                        document.add_text(fields[group * 2 + of as usize].0, text);
                    }
                }
                document.add_text(exact, text);
            });
            for (facet, field) in facets {
                let vocabulary = classo.vocabularies.get(facet.name());
                let values = facet.values(resource, &runs_on, &classo.licences);
                let declared: Vec<_> = values
                    .iter()
                    .filter_map(|id| vocabulary.ordinal(id))
                    .collect();
                let mut all: Vec<_> = declared
                    .iter()
                    .flat_map(|value| vocabulary.lineage(*value))
                    .collect();
                if facet.relation() == Relation::Lineage {
                    all.extend(
                        declared
                            .iter()
                            .flat_map(|value| vocabulary.descendants(*value)),
                    );
                }
                all.sort_unstable();
                all.dedup();
                all.iter()
                    .for_each(|value| document.add_text(field, &vocabulary.term(*value).id));
            }
            document.add_text(record, classo::index::record::shown(resource, &runs_on));
            writer.add_document(document).unwrap();
        }
        writer.commit().unwrap();
        let raw = RawTantivy {
            reader: index.reader().unwrap(),
            texts: fields,
            facets: facets.into_iter().collect(),
            record,
        };
        (writer, raw)
    }

    /// The whole answer; returns the total, so that nothing is left out.
    pub fn ask(&self, question: &Question) -> usize {
        let searcher = self.reader.searcher();
        let words = {
            let schema = IndexSchema::embedded();
            Plan::new(question, &schema.stop_words, &schema.expansions).words
        };
        let filtered: Vec<Facet> = question
            .filters
            .facets()
            .filter(|facet| FACETS.contains(facet))
            .collect();
        let query = self.query(&words, question, None);
        let mut collectors = MultiCollector::new();
        let top = collectors.add_collector(TopDocs::with_limit(20).order_by_score());
        let counted = FACETS.iter().filter(|facet| !filtered.contains(facet));
        let counts: Vec<_> = counted
            .map(|facet| collectors.add_collector(OrdinalCounts(facet.name())))
            .collect();
        let mut fruits = searcher.search(&query, &collectors).unwrap();
        let mut kept = Vec::new();
        for (_, address) in top.extract(&mut fruits) {
            let document: TantivyDocument = searcher.doc(address).unwrap();
            kept.push(document.get_first(self.record).map(|_| 1).unwrap_or(0));
        }
        let mut total = kept.len();
        for handle in counts {
            total += handle.extract(&mut fruits).len();
        }
        for facet in filtered {
            let query = self.query(&words, question, Some(facet));
            total += searcher
                .search(&query, &OrdinalCounts(facet.name()))
                .unwrap()
                .len();
        }
        total
    }

    /// The bare top 20 without records or counts.
    pub fn bare(&self, question: &Question) -> usize {
        let words = {
            let schema = IndexSchema::embedded();
            Plan::new(question, &schema.stop_words, &schema.expansions).words
        };
        let query = self.query(&words, question, None);
        self.reader
            .searcher()
            .search(&query, &TopDocs::with_limit(20).order_by_score())
            .unwrap()
            .len()
    }

    fn query(
        &self,
        words: &[String],
        question: &Question,
        left_out: Option<Facet>,
    ) -> BooleanQuery {
        let stems = Stems::of(IndexSchema::embedded());
        let mut any_word: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for word in words {
            for (field, language, weight) in &self.texts {
                let term = Term::from_field_text(*field, &stems[*language as usize].stem(word));
                let query = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
                any_word.push((Occur::Should, Box::new(BoostQuery::new(query, *weight))));
            }
        }
        let mut clauses: Vec<(Occur, Box<dyn Query>)> =
            vec![(Occur::Must, Box::new(BooleanQuery::new(any_word)))];
        for (facet, field) in &self.facets {
            let values = question.filters.values(*facet);
            if values.is_empty() || left_out == Some(*facet) {
                continue;
            }
            let vocabulary = IndexSchema::embedded().vocabularies.get(facet.name());
            let any_value = values.iter().map(|value| {
                let term = Term::from_field_text(*field, &vocabulary.term(*value).id);
                (
                    Occur::Should,
                    Box::new(TermQuery::new(term, IndexRecordOption::Basic)) as Box<dyn Query>,
                )
            });
            let any_value = Box::new(BooleanQuery::new(any_value.collect()));
            clauses.push((Occur::Must, Box::new(BoostQuery::new(any_value, 0.0))));
        }
        BooleanQuery::new(clauses)
    }

    pub fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }
}

/// Counts the values of a facet by their ordinals.
struct OrdinalCounts(&'static str);

struct SegmentCounts {
    column: Option<StrColumn>,
    counts: Vec<u64>,
}

impl Collector for OrdinalCounts {
    type Fruit = BTreeMap<String, u64>;
    type Child = SegmentCounts;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<SegmentCounts> {
        let column = segment.fast_fields().str(self.0)?;
        let counts = vec![0; column.as_ref().map_or(0, |column| column.num_terms())];
        Ok(SegmentCounts { column, counts })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(
        &self,
        fruits: Vec<BTreeMap<String, u64>>,
    ) -> tantivy::Result<BTreeMap<String, u64>> {
        let mut merged = BTreeMap::new();
        for (value, count) in fruits.into_iter().flatten() {
            *merged.entry(value).or_default() += count;
        }
        Ok(merged)
    }
}

impl SegmentCollector for SegmentCounts {
    type Fruit = BTreeMap<String, u64>;

    fn collect(&mut self, document: DocId, _: Score) {
        if let Some(column) = &self.column {
            column
                .term_ords(document)
                .for_each(|ordinal| self.counts[ordinal as usize] += 1);
        }
    }

    fn harvest(self) -> BTreeMap<String, u64> {
        let Some(column) = self.column else {
            return BTreeMap::new();
        };
        let counted = self
            .counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0);
        let value = |(ordinal, count): (usize, &u64)| {
            let mut value = String::new();
            column.ord_to_str(ordinal as u64, &mut value).unwrap();
            (value, *count)
        };
        counted.map(value).collect()
    }
}

/// Reads the words of texts, or their stems.
#[derive(Clone)]
struct Words {
    stems: Option<Stems>,
    known: HashMap<String, String>,
    token: Token,
    word: String,
}

struct WordStream<'a> {
    words: &'a mut Words,
    reader: WordReader<'a>,
    compound: Option<String>,
}

impl Words {
    fn new(stems: Option<Stems>) -> Words {
        Words {
            stems,
            known: HashMap::new(),
            token: Token::default(),
            word: String::new(),
        }
    }

    fn put_out(&mut self) {
        let Some(stems) = &self.stems else {
            self.token.text.clone_from(&self.word);
            return;
        };
        if let Some(stem) = self.known.get(&self.word) {
            self.token.text.clone_from(stem);
            return;
        }
        self.token.text = stems.stem(&self.word);
        if self.known.len() >= 50_000 {
            self.known.clear();
        }
        self.known
            .insert(self.word.clone(), self.token.text.clone());
    }
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream {
            words: self,
            reader: WordReader::new(text),
            compound: None,
        }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        if let Some(compound) = self.compound.take() {
            self.words.word = compound;
            self.words.put_out();
            return true;
        }
        let Some((from, to)) = self.reader.read(&mut self.words.word) else {
            return false;
        };
        let token = &mut self.words.token;
        token.position = token.position.wrapping_add(1);
        (token.offset_from, token.offset_to) = (from, to);
        self.words.put_out();
        self.compound = self.reader.compound().map(str::to_owned);
        true
    }

    fn token(&self) -> &Token {
        &self.words.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.words.token
    }
}
