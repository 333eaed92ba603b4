//! Questions and judgments from the files of a folder.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::documents::read_query;
use super::{Collection, JudgedQuery};
use crate::domain::problem::sentence;
use crate::index_schema::IndexSchema;
use crate::interchange::jsonl::{self, Lines};
use crate::relevance::judgment::Judgments;

/// The name of a folder's file of questions, and those its judgments may have.
pub const QUERIES: [&str; 1] = ["queries.jsonl"];
pub const JUDGMENTS: [&str; 4] = ["qrels.tsv", "qrels.txt", "qrels", "judgments.csv"];

/// The first of these files that a folder has.
pub fn find(folder: &Path, names: &[&str]) -> Option<PathBuf> {
    let files = names.iter().map(|name| folder.join(name));
    files.into_iter().find(|file| file.is_file())
}

/// The collection of a folder, and those of the folders in it, by name; none of a folder that is not there.
///
/// # Errors
/// One sentence: the file, the line, and what is wrong with it.
pub fn collections(folder: &Path, schema: &IndexSchema) -> Result<Vec<Collection>, String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.push(folder.to_owned());
    folders.sort();
    let found = folders.iter().map(|folder| collection(folder, schema));
    found.filter_map(Result::transpose).collect()
}

fn collection(folder: &Path, schema: &IndexSchema) -> Result<Option<Collection>, String> {
    let (queries, judgments) = match (find(folder, &QUERIES), find(folder, &JUDGMENTS)) {
        (None, None) => return Ok(None),
        (Some(queries), Some(judgments)) => (queries, judgments),
        _ => {
            return Err(format!(
                "{} needs {} and one of {}",
                folder.display(),
                QUERIES[0],
                JUDGMENTS.join(", ")
            ));
        }
    };
    let text = fs::read_to_string(&judgments).map_err(|error| told(&judgments, error))?;
    let name = folder.file_name().unwrap_or_default();
    Ok(Some(Collection {
        name: name.to_string_lossy().into_owned(),
        queries: read_queries(&queries, schema)?,
        judgments: Judgments::parse(&text).map_err(|reason| told(&judgments, reason))?,
        foreign: Vec::new(),
    }))
}

/// The questions of a file, one a line.
///
/// # Errors
/// One sentence: the file, the line, and what is wrong with it.
pub fn read_queries(file: &Path, schema: &IndexSchema) -> Result<Vec<JudgedQuery>, String> {
    let opened = fs::File::open(file).map_err(|error| told(file, error))?;
    let mut lines = Lines::new(std::io::BufReader::new(opened));
    let (mut queries, mut ids) = (Vec::new(), HashSet::new());
    while let Some(line) = lines.next_line().map_err(|error| told(file, error))? {
        let value = line.content.and_then(|content| jsonl::parse(&content));
        let query = value
            .and_then(|value| read_query(value, schema).map_err(|problems| sentence(&problems)));
        let query =
            query.map_err(|reason| format!("{} line {}: {reason}", file.display(), line.number))?;
        if !ids.insert(query.id.clone()) {
            return Err(told(
                file,
                format!("two questions have the id {:?}", query.id),
            ));
        }
        queries.push(query);
    }
    Ok(queries)
}

fn told(file: &Path, what: impl std::fmt::Display) -> String {
    format!("{}: {what}", file.display())
}
