//! Records in foreign formats become resources.
//!
//! 1. A source is recognised by its columns or members, and its words are understood.
//! 2. JSON-LD is read from documents, graphs, lines and pages; LOM and Dublin Core from XML.
//! 3. A random draw of foreign words, checked by hand, means what it should.
//! 4. Bad input of any kind gives readable refusals and stops nothing.
//! 5. No damage to a file makes reading panic, or go on for ever.
//! 6. The mapping that the README of index-schema shows is one.

use classo::domain::draft::Draft;
use classo::domain::problem::sentence;
use classo::index_schema::IndexSchema;
use classo::interchange::mapping::{Mapping, Mappings};
use classo::interchange::recognition::{self, Format, Known};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::support::{assert_has, rounds, seed, write_file};

type Read = Vec<(u64, Result<Value, String>)>;

/// The resources of a file, or why its records are none.
fn read(name: &str, content: impl AsRef<[u8]>) -> Result<Read, String> {
    read_with(name, content, None)
}

fn read_with(
    name: &str,
    content: impl AsRef<[u8]>,
    mapping: Option<Mapping>,
) -> Result<Read, String> {
    let schema = IndexSchema::embedded();
    let mappings = Mappings::of(schema).unwrap();
    let known = Known {
        name,
        format: Format::Auto,
        mapping: mapping.map(std::sync::Arc::new),
    };
    let mut records = recognition::open(content.as_ref(), &known, &mappings)
        .map_err(|error| error.to_string())?;
    let shape = records.shape().clone();
    let mut read = Vec::new();
    while let Some(record) = records.next_record().unwrap() {
        let resource = record.content.and_then(|raw| {
            let ours = shape.read(raw, &mappings, &schema.vocabularies)?;
            let draft =
                Draft::read(ours, &schema.vocabularies).map_err(|problems| sentence(&problems))?;
            Ok(serde_json::to_value(&draft.resource).unwrap())
        });
        read.push((record.place.line, resource));
    }
    Ok(read)
}

fn only(read: Result<Read, String>) -> Value {
    let mut read = read.unwrap();
    assert_eq!(read.len(), 1, "{read:?}");
    read.remove(0).1.unwrap()
}

#[test]
fn tables_of_known_sources_are_recognised_by_their_header() {
    let oer = "URL;NAME;TEACHER_OVERVIEW;GRADE_SUBLEVELS;SUBJECTS;LANGUAGES;LICENSE_URL;MATERIAL_TYPES;EXTRA\n\
        https://oercommons.org/courseware/lesson/7/overview;Leaves;\"<p>Look &amp; draw</p>\";middle-school|high-school;\
        life-science;en;https://creativecommons.org/licenses/by-sa/4.0/;Lesson Plan;x;;;;;;;Reading;\n";
    assert_has(
        &only(read("list.csv", oer)),
        json!({
            "id": "oercommons:courseware:lesson:7", "title": {"en": "Leaves"}, "description": {"en": "Look & draw"},
            "levels": ["/primary/cycle-3/grade-6", "/secondary/cycle-1", "/secondary/cycle-2", "/college/pre-university"],
            "licence": "CC-BY-SA-4.0", "type": ["lesson-plan", "text"], "provenance/raw": {"EXTRA": "x"},
            "provenance/format": "oer-commons",
        }),
    );
    let edx = "title,summary,course_description,institution,instructors,Level,subject,language,course_effort,price,price_USD,course_url\n\
        Les nombres,Court,\"Long, aussi\",Une école,Une Personne,Advanced,Mathematics,Français,2 h,FREE-Add it for $49,49,https://www.edx.org/course/nombres\n";
    assert_has(
        &only(read("courses", edx)),
        json!({
            "id": "edx:nombres", "title": {"fr": "Les nombres"}, "description": {"fr": "Court\n\nLong, aussi"},
            "levels": ["/university/undergraduate", "/university/masters"], "price/model": "freemium",
            "price/amount": 49.0, "languages": ["fr"], "provenance/raw": {"course_effort": "2 h"},
        }),
    );
    let apps = "id,track_name,price,currency,prime_genre,cont_rating\n1,Piano,2.99,USD,Music,4+\n2,Dice,0,USD,Games,4+\n";
    let apps = read("apps.csv", apps).unwrap();
    let [piano, dice] = [0, 1].map(|at| apps[at].1.clone().unwrap());
    assert_has(
        &piano,
        json!({"id": "apple:1", "price/model": "paid", "subjects": ["/arts/music"], "os": ["ios"]}),
    );
    assert_has(
        &dice,
        json!({"price/model": "free", "subjects": null, "provenance/raw/subjects": ["Games"]}),
    );
}

#[test]
fn json_of_known_sources_is_recognised_by_its_members() {
    let gar = json!({"listeRessources": {"ressource": [{
        "idRessource": "ark:/1/a", "nomRessource": "Atlas", "urlAccesRessource": "https://example.org/atlas",
        "niveauEducatif": [
            {"uri": "http://data.education.fr/voc/scolomfr/concept/scolomfr-voc-022-num-016", "nom": "collège"},
            {"uri": "http://data.education.fr/voc/scolomfr/concept/unknown", "nom": "CM2"},
        ],
        "domaineEnseignement": [{"uri": "x", "nom": "géographie"}], "typologieDocument": [{"nom": "atlas"}],
    }]}});
    assert_has(
        &only(read("gar.json", gar.to_string())),
        json!({
            "id": "gar:ark:/1/a", "title": {"fr": "Atlas"}, "access": "school-account",
            "levels": ["/primary/cycle-3/grade-6", "/secondary/cycle-1", "/secondary/cycle-2/secondary-3", "/primary/cycle-3/grade-5"],
            "subjects": ["/social-sciences/geography"],
        }),
    );
    let envelope = json!({"documents": [{"doc_type": "x", "payload_schema": ["nsdl_dc"],
        "resource_data": "<nsdl_dc xmlns:dc='d'><dc:identifier>http://example.org/n</dc:identifier><dc:title>N</dc:title></nsdl_dc>"}]});
    assert_has(
        &only(read("lr.json", envelope.to_string())),
        json!({"id": "nsdl:http://example.org/n"}),
    );
    let unknown = read("x.json", r#"[{"CategoryID": 2, "Name": "Anglais"}]"#).unwrap_err();
    assert!(
        unknown.contains("CategoryID, Name") && unknown.contains("--mapping"),
        "{unknown}"
    );
}

#[test]
fn a_mapping_of_ones_own_reads_any_table() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    write_file(
        &file,
        r#"
        source = "Ma liste"
        id_prefix = "mine"
        separator = ","
        encoding = "windows-1252"
        [fields]
        id = "No"
        "title.fr" = "Titre"
        type = { value = "game" }
        levels = { from = "Classes", split = "/" }
        advertising = { from = "Pub", kind = "flag" }
        [words.levels]
        "petits" = ["/preschool"]
        "#,
    );
    let table = b"No,Titre,Classes,Pub\n1,\xc9toiles,petits/3e ann\xe9e du primaire,non\n";
    assert_has(
        &only(read_with(
            "list.csv",
            table,
            Some(Mapping::open(&file).unwrap()),
        )),
        json!({"id": "mine:1", "title": {"fr": "Étoiles"}, "levels": ["/preschool", "/primary/cycle-2/grade-3"],
            "type": ["game"], "advertising": false}),
    );
    write_file(&file, "[fields]\nid = { form = \"No\" }\n");
    let error = Mapping::open(&file).unwrap_err();
    assert!(format!("{:#}", anyhow::Error::from(error)).contains("unknown field `form`"));
}

#[test]
fn json_ld_is_read_wherever_it_stands() {
    let lesson = json!({
        "@type": ["LearningResource", "VideoObject"], "@id": "https://example.org/lesson", "name": "Volcans",
        "inLanguage": "fr-CA", "keywords": "lave, magma", "license": {"id": "https://creativecommons.org/licenses/by/4.0/"},
        "educationalLevel": [{"@type": "DefinedTerm", "name": "Grade 4"}], "typicalAgeRange": "9-10",
        "educationalAlignment": {"alignmentType": "educationalSubject", "targetName": "Geography"},
        "isAccessibleForFree": true, "publisher": {"name": "Une école", "email": "x@example.org"},
        "author": {"name": "Une classe", "email": "y@example.org"}, "conditionsOfAccess": {"id": "http://w3id.org/kim/conditionsOfAccess/no_login"},
    });
    let expected = json!({
        "id": "https://example.org/lesson", "url": "https://example.org/lesson", "title": {"fr": "Volcans"},
        "keywords": {"fr": ["lave", "magma"]}, "type": ["video"], "languages": ["fr"], "licence": "CC-BY-4.0",
        "levels": ["/primary/cycle-2/grade-4"], "subjects": ["/social-sciences/geography"], "price": {"model": "free"},
        "access": "no-account", "age": {"min": 9, "max": 10}, "publisher/name": "Une école",
        "provenance/raw": {"author": {"name": "Une classe"}},
    });
    let context = json!(["https://schema.org", {"@language": "fr"}]);
    let mut alone = lesson.clone();
    alone["@context"] = context.clone();
    let graph =
        json!({"@context": context, "@graph": [{"@type": "Organization", "name": "x"}, lesson]});
    for (name, file) in [
        ("alone.json", format!("{alone:#}")),
        ("list.jsonld", json!([alone]).to_string()),
        ("graph.json", format!("{graph:#}")),
        (
            "page.html",
            format!("<!DOCTYPE html>\n<script type='application/ld+json'>{graph}</script>"),
        ),
    ] {
        assert_has(&only(read(name, file)), expected.clone());
    }
    let two = read("lines.jsonl", format!("{alone}\n{alone}\n")).unwrap();
    two.into_iter()
        .for_each(|(_, resource)| assert_has(&resource.unwrap(), expected.clone()));
    let amb = json!({
        "@context": ["https://w3id.org/kim/amb/context.jsonld", {"@language": "de"}], "id": "https://example.org/blatt",
        "type": ["LearningResource"], "name": "Blatt", "about": [{"id": "http://w3id.org/kim/schulfaecher/s1017"}],
        "learningResourceType": [{"id": "https://w3id.org/kim/hcrt/worksheet"}],
        "educationalLevel": [{"id": "https://w3id.org/kim/educationalLevel/level_1", "prefLabel": {"de": "Primarbereich"}}],
    });
    assert_has(
        &only(read("amb.json", amb.to_string())),
        json!({"title": {"de": "Blatt"}, "subjects": ["/math-science-technology/mathematics"], "type": ["worksheet"], "levels": ["/primary"]}),
    );
    let other = read("o.json", r#"{"@type": "Organization", "name": "x"}"#).unwrap();
    assert!(other[0].1.as_ref().unwrap_err().contains("Organization"));
}

const LOM: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<OAI><record><lom:lom xmlns:lom="http://ltsc.ieee.org/xsd/LOM" xmlns:s="http://www.lom-fr.fr/xsd/SCOLOMFR">
  <lom:general>
    <lom:identifier><lom:catalog>URI</lom:catalog><lom:entry>https://example.org/lave</lom:entry></lom:identifier>
    <lom:title><lom:string language="fr-CA">La lave</lom:string><lom:string language="http://id.loc.gov/vocabulary/iso639-2/eng">Lava</lom:string></lom:title>
    <lom:language>fre</lom:language>
    <lom:keyword><lom:string language="fr">magma</lom:string></lom:keyword>
  </lom:general>
  <lom:lifeCycle><lom:contribute>
    <lom:role><lom:value>publisher</lom:value></lom:role>
    <lom:entity>BEGIN:VCARD&#10;FN:Une Personne&#10;EMAIL:p@example.org&#10;ORG:Une maison&#10;END:VCARD</lom:entity>
    <lom:date><lom:dateTime>2024-02-20</lom:dateTime></lom:date>
  </lom:contribute></lom:lifeCycle>
  <lom:technical><lom:size>12</lom:size><lom:location>https://example.org/lave.pdf</lom:location></lom:technical>
  <lom:educational>
    <lom:learningResourceType><lom:value>simulation</lom:value></lom:learningResourceType>
    <lom:context><lom:value>school</lom:value></lom:context>
    <lom:typicalAgeRange><lom:string>9-10 ans</lom:string></lom:typicalAgeRange>
  </lom:educational>
  <lom:rights><lom:cost><lom:value>no</lom:value></lom:cost>
    <lom:description><lom:string>Sous https://creativecommons.org/licenses/by-sa/4.0/ partout</lom:string></lom:description></lom:rights>
  <lom:annotation><lom:description><lom:string>un avis</lom:string></lom:description></lom:annotation>
  <lom:classification><lom:purpose><lom:value>educational level</lom:value></lom:purpose><lom:taxonPath>
    <lom:taxon><lom:id>http://data.education.fr/voc/scolomfr/concept/scolomfr-voc-022-num-016</lom:id></lom:taxon>
    <lom:taxon><lom:id>x</lom:id><lom:entry><lom:string>3e</lom:string></lom:entry></lom:taxon></lom:taxonPath></lom:classification>
  <lom:classification><lom:purpose><lom:value>discipline</lom:value></lom:purpose><lom:taxonPath>
    <lom:taxon><lom:entry><lom:string>géographie</lom:string></lom:entry></lom:taxon>
    <lom:taxon><lom:entry><lom:string>les volcans du monde</lom:string></lom:entry></lom:taxon></lom:taxonPath></lom:classification>
</lom:lom></record></OAI>"#;

#[test]
fn lom_and_dublin_core_are_read() {
    let lava = only(read("oai.xml", LOM));
    assert_has(
        &lava,
        json!({
            "id": "https://example.org/lave", "url": "https://example.org/lave.pdf", "title": {"fr": "La lave", "en": "Lava"},
            "languages": ["fr"], "keywords": {"fr": ["magma"]}, "type": ["simulation"], "price": {"model": "free"},
            "levels": ["/secondary/cycle-2/secondary-3"], "subjects": ["/social-sciences/geography"],
            "publisher/name": "Une maison", "licence": "CC-BY-SA-4.0", "age": {"min": 9, "max": 10},
            "created_at": "2024-02-20", "provenance/raw": {"technical": {"size": "12"}},
        }),
    );
    assert!(!lava.to_string().contains("p@example.org") && !lava.to_string().contains("un avis"));
    let dc = r#"<oai_dc:dc xmlns:dc="d"><dc:identifier>https://example.org/d</dc:identifier><dc:title xml:lang="en">Dust</dc:title>
        <dc:subject>Algebra</dc:subject><dc:educationLevel>K-2</dc:educationLevel><dc:language>fra</dc:language></oai_dc:dc>"#;
    assert_has(
        &only(read("dc.xml", dc)),
        json!({"id": "https://example.org/d", "title": {"en": "Dust"}, "languages": ["fr"],
            "levels": ["/preschool/age-5", "/primary/cycle-1/grade-1", "/primary/cycle-1/grade-2"],
            "subjects": ["/math-science-technology/mathematics/algebra"]}),
    );
}

#[test]
fn foreign_words_mean_what_was_checked_by_hand() {
    let checked = include_str!("../mappings/checked.tsv");
    let mut count = 0;
    for line in checked.lines().filter(|line| !line.starts_with('#')) {
        let [source, field, word, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("four columns: {line}");
        };
        let record = json!({"id": format!("{source}:x"), "title": "x", field: [word]});
        let resource = only(read("x.jsonl", record.to_string()));
        let ids: Vec<&str> = resource[field]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(ids.join(" "), expected, "{word}");
        count += 1;
    }
    assert_eq!(count, 51);
}

#[test]
fn a_source_keeps_what_was_mapped_already() {
    let ours =
        json!({"id": "apple:1", "title": "x", "subjects": ["/arts"], "price": {"model": "free"}});
    assert_has(
        &only(read("x.jsonl", ours.to_string())),
        json!({"subjects": ["/arts"], "price/model": "free"}),
    );
}

#[test]
fn bad_files_are_refused_in_readable_words_and_stop_nothing() {
    let bomb = "<!DOCTYPE l [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><lom><general><title><string>&b;</string></title></general></lom>";
    for (name, file, refused, good) in [
        (
            "a.jsonl",
            b"{\"id\": \"a\"}\noops\n\xff\n{\"id\": \"b\", \"title\": \"x\"}".to_vec(),
            3,
            1,
        ),
        (
            "a.csv",
            b"id,title\na,\"open\nb,x\nc,caf\xe9\n".to_vec(),
            2,
            1,
        ),
        (
            "a.csv",
            [
                b"id,title\na,".to_vec(),
                vec![b'x'; 5 << 20],
                b"\nb,x\n".to_vec(),
            ]
            .concat(),
            1,
            1,
        ),
        (
            "a.json",
            b"[{\"id\": \"a\", \"title\": \"x\"}, {\"id\": }, [], {\"id\": \"b\", \"title\": \"x\""
                .to_vec(),
            3,
            1,
        ),
        ("a.xml", bomb.as_bytes().to_vec(), 1, 0),
        ("a.xml", b"<lom><general></lom>".to_vec(), 1, 0),
        (
            "a.html",
            b"<html><script type=application/ld+json>{</script>".to_vec(),
            1,
            0,
        ),
    ] {
        let read = read(name, &file).unwrap_or_else(|reason| panic!("{name}: {reason}"));
        let bad: Vec<_> = read
            .iter()
            .filter_map(|(_, resource)| resource.as_ref().err())
            .collect();
        assert_eq!(
            (bad.len(), read.len() - bad.len()),
            (refused, good),
            "{name}: {read:?}"
        );
        assert!(
            bad.iter()
                .all(|reason| reason.len() < 300 && !reason.contains('\n')),
            "{bad:?}"
        );
    }
    for (name, file) in [
        ("x", &b"\xff\xfei\0d\0"[..]),
        ("x", b"hello"),
        ("x.csv", b"a,b\n1,2\n"),
        ("x.csv", b"\xe9,b\n1,2\n"),
        ("x.yml", b"---\nType: x\n"),
    ] {
        let reason = read(name, file).unwrap_err();
        assert!(reason.len() < 400 && !reason.contains('\n'), "{reason}");
    }
    assert!(read("x", b"").unwrap().is_empty() && read("x.csv", b"id,title\n").unwrap().is_empty());
}

#[test]
fn the_mapping_that_the_readme_shows_reads_what_it_says() {
    let readme = include_str!("../../index-schema/README.md");
    let shown = readme
        .split("```toml")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    write_file(&file, shown);
    let table = "No;Titre;Classes;Langue;Prix;Résumé;Suite;Contact;Code\n7;Jeu;petits/tous;fr;4,99 $;<b>Un</b>;Deux;x@y;a\n";
    let table: Vec<u8> = table
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let resource = only(read_with(
        "list.csv",
        table,
        Some(Mapping::open(&file).unwrap()),
    ));
    assert_has(
        &resource,
        json!({"id": "mine:7", "title": {"fr": "Jeu"}, "description": {"fr": "Un\nDeux"}, "levels": ["/preschool"],
            "url": "https://example.org/r/a", "price/amount": 4.99, "provenance/raw": {"levels": ["tous"]}}),
    );
}

#[test]
fn no_damage_to_a_file_makes_reading_panic() {
    let graph = r#"{"@context": "https://schema.org", "@graph": [{"@type": "Book", "name": "\u00e9", "offers": [{"price": "1"}]}]}"#;
    let files = [
        ("a.xml", LOM.to_owned()),
        ("a.json", graph.to_owned()),
        ("a.json", r#"{"listeRessources": {"ressource": [{"idRessource": "a", "nomRessource": "b", "niveauEducatif": []}]}}"#.into()),
        ("a.html", format!("<html><script type='application/ld+json'>{graph}</script></html>")),
        ("a.csv", "id;title.fr;levels\n1;\"a; b\";K-2|CM2\n2;c;\n".into()),
        ("a.jsonl", "{\"id\": \"edx:a\", \"title\": {\"fr\": \"x\"}, \"levels\": [\"Advanced\"]}\n".repeat(3)),
    ];
    let mut random = StdRng::seed_from_u64(seed("no_damage_to_a_file_makes_reading_panic"));
    for _ in 0..rounds("CLASSO_DAMAGE_ROUNDS", 60) {
        for (name, file) in &files {
            let mut bytes = file.clone().into_bytes();
            for _ in 0..random.random_range(1..8) {
                let at = random.random_range(0..bytes.len());
                match random.random_range(0..4) {
                    0 => bytes[at] = random.random(),
                    1 => bytes.truncate(at.max(1)),
                    2 => bytes.insert(
                        at,
                        *b"\"<>{}[]&;,\\\n".get(random.random_range(0..12)).unwrap(),
                    ),
                    _ => drop(bytes.drain(at..(at + 9).min(bytes.len()))),
                }
                if bytes.is_empty() {
                    break;
                }
            }
            if let Ok(read) = read(name, &bytes) {
                assert!(
                    read.len() < 50,
                    "{name}: {}",
                    String::from_utf8_lossy(&bytes)
                );
            }
        }
    }
}
