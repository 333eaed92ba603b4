//! The pages as browsers without a script get them.

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::support::{Page, TestApp, lines, record};

/// What a page shows in the place of a text that is not there.
const MISSING: &str = classo::http::web::MISSING;

static APP: LazyLock<TestApp> = LazyLock::new(|| {
    let app = TestApp::with(&[]);
    app.import(classo::demo::CATALOGUE);
    let full = record(
        "a/b",
        "L'atelier : <b>fractions</b>",
        json!({
            "description": {"fr": "Des fractions à manipuler. </script><script>alert(1)</script>", "en": "Fractions to handle."},
            "keywords": {"fr": ["fraction"]}, "url": "javascript:alert(1)",
            "links": [{"kind": "app-store", "url": "https://example.org/app"}],
            "publisher": {"name": "Éditions \"Sigma\"", "headquarters": "quebec"}, "type": ["game"], "languages": ["fr"],
            "price": {"model": "paid", "amount": 4.99, "currency": "CAD", "details": {"fr": "Une seule fois."}},
            "offers": [{"per": "student", "amount": 2.5, "period": "year", "trial_days": 30}],
            "licence": "CC-BY-4.0", "access": "no-account", "advertising": false, "internet": "partial",
            "devices": ["ipad"], "platforms": ["google-classroom"], "subjects": ["/math-science-technology/mathematics"],
            "levels": ["/primary/cycle-2/grade-4"], "strategies": ["workshop"], "student_types": ["gifted"],
            "age": {"min": 9, "max": 10}, "support": {"tutorial": true, "guide": false}, "downloadable": true,
            "evidence": {"benefits": {"fr": "On apprend."}, "research": [{"title": "Étude", "url": "https://example.org/study"}],
                "testimonials": [{"text": {"en": "Works."}, "by": "A school"}]},
            "accessibility": ["captions"], "privacy": {"student_data": false, "hosting_country": "CA", "policy_url": "https://example.org/privacy"},
            "verified": {"price": "2026-01-31"}, "created_at": "2025-09-01", "updated_at": "2026-01-31"
        }),
    );
    app.import(&lines(&[full, record("gone", "Partie", json!({}))]));
    app.as_operator("DELETE", "/api/v1/admin/resources/gone", Body::empty());
    app
});

/// Every kind of page, in states that show all of its parts.
pub const PAGES: [(&str, u16); 28] = [
    ("", 200),
    ("search", 200),
    (
        "search?q=un+jeu+gratuit+de+fractions+pour+ma+4e+ann%C3%A9e&my_level=/primary/cycle-2/grade-4&my_device=ipad&my_subject=/math-science-technology/mathematics&my_budget=5&literal=jeu",
        200,
    ),
    (
        "search?q=fraktions&sort=newest&offset=10&device=ipad&level=/primary&max_price=20",
        200,
    ),
    (
        "search?q=fractions&level=/university&device=vr-headset&price=paid&personal=false&my_role=teacher",
        200,
    ),
    ("search?q=zzzzzz", 200),
    ("guidance", 200),
    (
        "guidance?q=fractions&my_device=ipad&level=/primary/cycle-2/grade-4&skipped=type",
        200,
    ),
    ("guidance?q=zzzzzz&level=/preschool&my_budget=0", 200),
    ("resources/a%2Fb", 200),
    ("resources/a%2Fb?q=fractions+gratuites&device=ipad", 200),
    ("resources/scratch?q=programmer&my_level=/primary", 200),
    (
        "compare?ids=a%2Fb&ids=scratch&ids=mathies&students=25&my_device=ipad&q=fractions",
        200,
    ),
    ("compare?ids=scratch", 200),
    (
        "dossier?ids=a%2Fb&ids=scratch&q=fractions&level=/primary&my_device=ipad&students=25&date=2026-11-25&title=Fractions",
        200,
    ),
    ("browse", 200),
    ("about", 200),
    ("privacy", 200),
    ("accessibility", 200),
    ("confirm", 200),
    ("confirm?done=true", 200),
    ("confirm-address", 200),
    ("new-password", 200),
    ("reset", 200),
    ("reset?done=true", 200),
    ("resources/never", 404),
    ("resources/gone", 410),
    ("search?level=/nowhere&colour=red&max_price=x", 400),
];

fn page(path: &str) -> Page {
    let request = Request::builder()
        .uri(path)
        .header("accept", "text/html,application/xhtml+xml");
    APP.whole(request.body(Body::empty()).unwrap())
}

#[test]
fn every_page_is_whole_in_both_languages_light_and_without_anything_from_elsewhere() {
    for language in ["fr", "en"] {
        for (path, status) in PAGES {
            let path = format!("/{language}/{path}");
            let Page {
                status: got,
                text,
                headers,
                ..
            } = page(&path);
            assert_eq!(got, status, "{path}: {text}");
            assert_eq!(
                headers["content-type"], "text/html; charset=utf-8",
                "{path}"
            );
            assert!(!text.contains(MISSING), "{path} lacks a text");
            assert!(text.contains(&format!("<html lang=\"{language}")), "{path}");
            assert!(text.len() < 100_000, "{path} has {} bytes", text.len());
            assert_eq!(text.matches("<h1").count(), 1, "{path}");
            assert!(!text.contains("style=\""), "{path}");
            // The dossier is one file: its style is inside, and named in its policy.
            let styles = usize::from(path.contains("/dossier"));
            assert_eq!(text.matches("<style").count(), styles, "{path}");
            for (at, _) in text.match_indices("<script") {
                let tag = &text[at..at + 40];
                assert!(
                    tag.contains("src=\"/assets/") || tag.contains("application/ld+json"),
                    "{path}: {tag}"
                );
            }
            for attribute in ["src=\"http", "src=\"//", " onclick", "javascript:"] {
                assert!(!text.contains(attribute), "{path} has {attribute}");
            }
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(
                policy.contains("default-src 'none'") && !policy.contains("unsafe"),
                "{path}"
            );
            assert_eq!(headers["x-frame-options"], "DENY", "{path}");
            assert!(!headers.contains_key("set-cookie"), "{path}");
        }
    }
}

/// Questions of a thousand signs that take many bytes in an address, in HTML, or in both.
const HEAVY: [&str; 6] = ["é", "élève ", "\u{1f393}", "\"", "'", "&<> "];

#[test]
fn no_page_is_heavy_whatever_is_asked() {
    let encoded = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let class = "my_level=/primary/cycle-2/grade-4&my_subject=/math-science-technology/mathematics&my_device=ipad&my_budget=5";
    let schema = classo::index_schema::IndexSchema::embedded();
    let terms = |facet: &'static str| {
        let terms = schema.vocabularies.get(facet).terms().iter();
        terms.map(move |term| format!("&{facet}={}", term.id))
    };
    // Many short choices, and many long ones.
    let many = ["device", "os", "price", "language", "access"].map(terms);
    let many = many.into_iter().flatten().collect::<Vec<_>>();
    let long = ["subject", "level"].map(terms);
    let long = long.into_iter().flatten().collect::<Vec<_>>();
    let within = |choices: &[String], bytes: usize| {
        let mut all = String::new();
        for choice in choices.iter().filter(|choice| !choice.is_empty()) {
            if all.len() + choice.len() <= bytes {
                all.push_str(choice);
            }
        }
        all
    };
    let fitting = [within(&many, 1_000), within(&long, 1_000)];
    let too_many = within(&long, 3_000);
    for sign in HEAVY {
        let question: String = sign
            .chars()
            .cycle()
            .take(992)
            .chain(" jeu".chars())
            .collect();
        let asked = format!("q={}&{class}", encoded(&question));
        for rest in [
            "",
            "&level=/university&device=vr-headset&price=paid",
            &fitting[0],
            &fitting[1],
            &too_many,
        ] {
            for kind in [
                "search?",
                "guidance?",
                "resources/a%2Fb?",
                "browse?",
                "?",
                "about?",
                "privacy?",
                "compare?ids=a%2Fb&ids=scratch&ids=mathies&ids=polypad&",
                "dossier?ids=a%2Fb&ids=scratch&",
            ] {
                for language in ["fr", "en"] {
                    let got = page(&format!("/{language}/{kind}{asked}{rest}"));
                    let size = got.text.len();
                    let told = format!("{kind} of {sign:?} and {} bytes", rest.len());
                    assert!(size < 100_000, "{told} has {size} bytes");
                    let is_fine = got.status == 200 || rest.len() > 900 && got.status == 400;
                    assert!(is_fine, "{told}: {} {}", got.status, got.text);
                }
            }
        }
    }
    for fitting in fitting {
        assert_eq!(page(&format!("/fr/search?q=jeu{fitting}")).status, 200);
    }
    assert_eq!(page(&format!("/fr/search?q=jeu{too_many}")).status, 400);
    let cut = page(&format!("/fr/search?q={}", encoded(&"élève ".repeat(160)))).text;
    assert!(cut.contains("seul son début a été lu"), "{cut}");
    assert!(
        !page("/fr/search?q=fractions")
            .text
            .contains("seul son début")
    );
}

#[test]
fn the_privacy_page_says_what_the_register_says() {
    let register = classo::store::register::Register::embedded();
    for (language, tag) in [
        (classo::domain::language::Language::Fr, "fr"),
        (classo::domain::language::Language::En, "en"),
    ] {
        let text = page(&format!("/{tag}/privacy")).text;
        let plain = text
            .replace(['\u{a0}', '\u{202f}'], " ")
            .replace('’', "&#39;");
        let told = |wanted: &str| {
            let wanted = wanted
                .replace(" ;", ";")
                .replace('\'', "&#39;")
                .replace('"', "&quot;");
            // Quotation marks are set by language, ordinals are raised: what stands before them is enough.
            let wanted = wanted.split(['«', '&']).next().unwrap_or_default();
            assert!(
                plain.contains(wanted.trim()),
                "{tag}: {wanted} is not in {plain}"
            );
        };
        let (collected, foreseen): (Vec<_>, Vec<_>) = register
            .categories()
            .iter()
            .partition(|entry| entry.collected);
        assert!(!collected.is_empty() && !foreseen.is_empty());
        for entry in &collected {
            told(entry.title.get(language));
            told(if tag == "fr" {
                &entry.retention.fr
            } else {
                &entry.retention.en
            });
            entry
                .fields
                .iter()
                .for_each(|field| told(field.what.get(language)));
            assert!(text.contains(&format!("id=\"kept-{}\"", entry.id)));
        }
        for entry in foreseen {
            told(entry.title.get(language));
            assert!(!text.contains(&format!("id=\"kept-{}\"", entry.id)));
        }
        let ranking = register.purpose(classo::domain::consent::Purpose::RankingProfile);
        told(ranking.why.get(language));
        assert!(text.contains(&register.officer.email) && text.contains(&register.authority.url));
        for processor in register.processors.iter().filter(|one| !one.in_use) {
            assert!(
                !text.contains(&processor.name),
                "{} receives nothing",
                processor.name
            );
        }
    }
    assert!(
        page("/fr/privacy")
            .text
            .contains("1<sup>er</sup> novembre 2026"),
        "the register's version"
    );
}

#[test]
fn a_comparison_leads_to_a_dossier_with_a_title_a_note_and_a_date() {
    let text =
        page("/fr/compare?ids=a%2Fb&ids=scratch&q=fractions&my_device=ipad&title=Avant").text;
    let (_, form) = text.split_once("action=\"/fr/dossier\"").expect("the form");
    let (form, _) = form.split_once("</form>").unwrap();
    for (name, value) in [
        ("ids", "a/b"),
        ("ids", "scratch"),
        ("q", "fractions"),
        ("my_device", "ipad"),
    ] {
        let hidden = format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
        assert!(form.contains(&hidden), "{hidden}: {form}");
    }
    for field in [
        "name=\"title\"",
        "name=\"note\"",
        "name=\"date\"",
        "value=\"Avant\"",
    ] {
        assert!(form.contains(field), "{field}: {form}");
    }
    let made = page(
        "/fr/dossier?ids=a%2Fb&ids=scratch&q=fractions&my_device=ipad&title=Mon+choix&note=Vu+en+%C3%A9quipe&date=2026-11-25",
    );
    assert_eq!(made.status, 200);
    for told in ["Mon choix", "Vu en équipe", "25 novembre 2026"] {
        assert!(made.text.contains(told), "{told}: {}", made.text);
    }
    assert!(
        made.text.contains("title=Mon%20choix"),
        "the way back keeps what was written"
    );
}

#[test]
fn the_root_leads_to_the_language_of_the_browser() {
    for (accepts, language) in [("en-CA,fr;q=0.5", "en"), ("fr", "fr"), ("de", "fr")] {
        let request = Request::builder()
            .uri("/")
            .header("accept-language", accepts);
        let page = APP.whole(request.body(Body::empty()).unwrap());
        assert_eq!(page.status, 307);
        assert_eq!(page.headers["location"], format!("/{language}/"));
        assert_eq!(
            page.headers["vary"]
                .to_str()
                .unwrap()
                .to_lowercase()
                .split(',')
                .next()
                .unwrap()
                .trim(),
            "accept-language"
        );
    }
    assert_eq!(page("/fr").headers["location"], "/fr/");
}

#[test]
fn the_other_language_keeps_the_question() {
    let text = page("/fr/search?q=fractions&device=ipad").text;
    assert!(
        text.contains("href=\"/en/search?q=fractions&#38;device=ipad\""),
        "{text}"
    );
    assert!(text.contains("rel=\"alternate\" hreflang=\"en\""));
    assert!(
        text.contains("noindex"),
        "states of a search are not for search engines"
    );
}

#[test]
fn french_is_set_as_french() {
    let home = page("/fr/").text;
    assert!(
        home.contains("Qu’est-ce qui aiderait votre classe?"),
        "{home}"
    );
    let browse = page("/fr/browse").text;
    assert!(browse.contains("4<sup>e</sup> année du primaire"));
    let found = page("/fr/search?q=4e+ann%C3%A9e+fractions").text;
    assert!(found.contains("«\u{a0}4e année\u{a0}»\u{a0}:"), "{found}");
}

#[test]
fn what_was_understood_can_be_taken_literally_and_filters_taken_away() {
    let text = page("/fr/search?q=fractions+gratuites+4e+ann%C3%A9e&device=ipad").text;
    let literal = "href=\"/fr/search?q=fractions%20gratuites%204e%20ann%C3%A9e&#38;device=ipad&#38;literal=4e%20ann%C3%A9e\"";
    assert!(text.contains(literal), "{text}");
    assert!(text.contains("href=\"/fr/search?q=fractions%20gratuites%204e%20ann%C3%A9e\""));
    // The understood level is ticked, but taken back only where it was said.
    assert!(text.contains("name=\"level\" value=\"/primary/cycle-2/grade-4\" checked disabled"));
    assert!(text.contains("name=\"device\" value=\"ipad\" checked>"));
}

#[test]
fn what_lies_below_a_value_is_shown_once_it_is_chosen_where_there_is_very_much_of_it() {
    let grade = "name=\"level\" value=\"/primary/cycle-2/grade-4\"";
    assert!(!page("/fr/search").text.contains(grade));
    assert!(page("/fr/search?level=/primary").text.contains(grade));
    assert!(
        page("/fr/search?q=fractions&device=chromebook")
            .text
            .contains(grade)
    );
}

#[test]
fn few_results_come_with_what_could_be_given_up() {
    let text = page("/fr/search?q=fractions&level=/university&device=vr-headset").text;
    let (_, concessions) = text
        .split_once("class=\"concessions\"")
        .unwrap_or_else(|| panic!("{text}"));
    assert!(
        concessions.contains("href=\"/fr/search?q=fractions&#38;level=/university\""),
        "{concessions}"
    );
}

#[test]
fn guidance_asks_goes_back_skips_and_shows_what_the_devices_hide() {
    let text =
        page("/fr/guidance?q=fractions&my_device=vr-headset&level=/primary&skipped=type").text;
    assert!(
        text.contains(
            "href=\"/fr/guidance?q=fractions&#38;my_device=vr-headset&#38;level=/primary\""
        ),
        "back: {text}"
    );
    assert!(
        text.contains("skipped=type&#38;skipped="),
        "shows what the devices hide: {text}"
    );
    let first = page("/fr/guidance?q=fractions").text;
    assert!(
        first.contains("class=\"options\"")
            && first.contains("/fr/guidance?q=fractions&#38;skipped="),
        "{first}"
    );
}

#[test]
fn a_hit_leads_to_its_page_which_tells_its_place_and_leads_back() {
    let found = page("/en/search?q=fractions&price=free").text;
    let (_, rest) = found.split_once("href=\"/en/resources/").unwrap();
    let url = format!(
        "/en/resources/{}",
        rest.split('"')
            .next()
            .unwrap()
            .replace("&#38;", "&")
            .replace("&amp;", "&")
    );
    assert!(url.ends_with("?q=fractions&price=free"), "{url}");
    let text = page(&url).text;
    assert!(text.contains("Rank 1 for “fractions”"), "{text}");
    assert!(text.contains("href=\"/en/search?q=fractions&#38;price=free\""));
    let out = page("/en/resources/a%2Fb?q=fractions&price=free").text;
    assert!(
        out.contains("It is not among the results for “fractions”"),
        "{out}"
    );
}

#[test]
fn a_record_cannot_break_out_of_its_page() {
    let text = page("/fr/resources/a%2Fb").text;
    assert!(
        !text.contains("<script>alert") && !text.contains("<b>fractions"),
        "{text}"
    );
    assert!(text.contains("&lt;b&gt;fractions"));
    let (_, data) = text.split_once("application/ld+json\">").unwrap();
    let data: serde_json::Value =
        serde_json::from_str(data.split("</script>").next().unwrap()).unwrap();
    assert_eq!(data["@type"], "LearningResource");
    assert!(text.contains("Vérifié le 31 janvier 2026"), "{text}");
}

#[test]
fn a_kept_page_is_not_sent_again_until_something_changed() {
    let app = TestApp::with(&[record("one", "Un", json!({}))]);
    let get = |tag: Option<&str>| {
        let mut request = Request::builder().uri("/fr/search?q=un");
        if let Some(tag) = tag {
            request = request.header("if-none-match", tag);
        }
        app.whole(request.body(Body::empty()).unwrap())
    };
    let tag = get(None).headers["etag"].to_str().unwrap().to_owned();
    let again = get(Some(&tag));
    assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
    // A browser takes the headers of such an answer over: those of the page, which may be stricter, must stay.
    assert!(!again.headers.contains_key("content-security-policy"));
    app.import(&lines(&[record("two", "Un autre", json!({}))]));
    assert_eq!(get(Some(&tag)).status, 200);
}

#[test]
fn assets_are_named_by_their_content_and_kept() {
    let home = page("/fr/").text;
    for kind in ["site.css", "site.js", "icons.svg"] {
        let (before, _) = home.split_once(kind).unwrap();
        let (_, start) = before.rsplit_once('"').unwrap();
        let asset = page(&format!("{start}{kind}"));
        assert_eq!(asset.status, 200, "{start}{kind}");
        assert!(
            asset.headers["cache-control"]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
    }
    assert_eq!(page("/assets/000000000000/site.css").status, 404);
}

#[test]
fn programs_find_feed_sitemap_and_search() {
    let get = |path: &str| page(path).text;
    let feed = get("/fr/feed.atom");
    assert_eq!(feed.matches("<entry>").count(), 30);
    assert!(get("/sitemap.xml").contains("/sitemap/1.xml"));
    let part = get("/sitemap/1.xml");
    assert!(part.contains("/fr/resources/a%2Fb</loc>"));
    assert_eq!(page("/sitemap/2.xml").status, 404);
    assert!(get("/sitemap/pages.xml").contains("/en/guidance"));
    assert!(get("/en/opensearch.xml").contains("/en/search?q={searchTerms}"));
    assert!(get("/robots.txt").contains("Sitemap: http://localhost/sitemap.xml"));
}

#[test]
fn what_went_wrong_is_told_to_browsers_as_a_page_and_to_programs_as_a_problem() {
    let text = page("/fr/search?level=/nowhere").text;
    assert!(text.contains("<code>level</code>"), "{text}");
    let lost = page("/en/nowhere");
    assert_eq!(lost.status, 404);
    assert!(lost.text.contains("This page does not exist"));
    assert!(
        page("/api/v1/nowhere").headers["content-type"]
            .to_str()
            .unwrap()
            .contains("problem+json")
    );
    let compressed = Request::builder().uri("/fr/resources/gone");
    let compressed = compressed
        .header("accept", "text/html")
        .header("accept-encoding", "gzip");
    let gone = APP.whole(compressed.body(Body::empty()).unwrap());
    assert!(
        gone.text.contains("n’est plus au catalogue")
            && !gone.headers.contains_key("content-encoding")
    );
    let plain = APP.get("/fr/search?level=/nowhere");
    assert_eq!(plain.content_type, "application/problem+json");
}

#[test]
fn the_description_of_the_api_can_still_be_read() {
    let docs = page("/api/docs/");
    assert_eq!(docs.status, 200);
    assert!(docs.text.contains("swagger"));
    let policy = docs.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'")
            && !policy.contains("unsafe")
            && !policy.contains("http")
    );
}
