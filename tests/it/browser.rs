//! The pages in a real browser: the whole way from a need to a dossier, and that nobody is shut out of any of them.
//!
//! `CLASSO_SCREENSHOTS=DIR cargo test --test it browser::pictures` lays pictures of every kind of page down in a folder.

mod driver;

use std::path::Path;

use serde_json::{Value, json};

use self::driver::{Browser, DOWN, ENTER, OTHER_MACHINE, SPACE, TAB};
use crate::support::{ServerProcess, wait_until};
use crate::web::PAGES;

const WIDTHS: [u32; 2] = [360, 1440];

fn server() -> (ServerProcess, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (ServerProcess::start("demo", folder.path()), folder)
}

/// How a visitor moves.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Hand {
    Mouse,
    Keyboard,
}

struct Visitor<'a> {
    browser: &'a Browser,
    hand: Hand,
}

impl Visitor<'_> {
    /// Follows a link or presses a button, and waits for the page it leads to.
    fn take(&self, selector: &str) {
        let before = self.browser.url();
        match self.hand {
            Hand::Mouse => self.browser.click(selector),
            Hand::Keyboard => {
                self.reach(selector);
                self.browser.press(ENTER);
            }
        }
        wait_until(&format!("{selector} leads on from {before}"), || {
            self.browser.url() != before
        });
        let loaded = "return document.readyState === 'complete'";
        self.browser.wait("the whole page", loaded);
    }

    fn tick(&self, selector: &str) {
        match self.hand {
            Hand::Mouse => self.browser.click(selector),
            Hand::Keyboard => {
                self.reach(selector);
                self.browser.press(SPACE);
            }
        }
    }

    fn write(&self, selector: &str, text: &str) {
        match self.hand {
            Hand::Mouse => self.browser.write(selector, text),
            Hand::Keyboard => {
                self.reach(selector);
                self.browser.press(text);
            }
        }
    }

    /// Goes on with the tabulator until the focus is there, which must be visible wherever it stops.
    fn reach(&self, selector: &str) {
        let there = "const at = document.activeElement, style = getComputedStyle(at);\
            return [at.matches(arguments[0]), at === document.body || style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, at.outerHTML.slice(0, 120)]";
        for _ in 0..250 {
            self.browser.press(TAB);
            let at = self.browser.run(there, json!([selector]));
            assert_eq!(at[1], true, "the focus is not visible on {}", at[2]);
            if at[0] == true {
                return;
            }
        }
        panic!(
            "{selector} is not reached by keyboard at {}",
            self.browser.url()
        );
    }

    /// Need, questions, short list, comparison, dossier.
    fn decide(&self, server: &str, language: &str, need: &str) {
        let browser = self.browser;
        let context = format!("{language} {:?}", self.hand);
        browser.open(&format!("{server}/{language}/"));
        self.take(".ways li:first-child a");
        self.write("#need", need);
        self.take(".start .actions button");
        assert!(
            browser.url().contains("guidance?q="),
            "{context}: {}",
            browser.url()
        );
        let question = browser.text("#question");
        self.take(".options li:first-child a");
        assert_ne!(browser.text(".asking h2"), question, "{context}");
        self.take(".asking .actions a:first-child");
        assert!(
            browser.url().contains("skipped="),
            "{context}: {}",
            browser.url()
        );
        self.take(".asking .actions a:nth-child(2)");
        assert!(
            !browser.url().contains("skipped="),
            "{context}: {}",
            browser.url()
        );
        let best = browser.text(".shortlist h3");
        self.take(".shortlist .actions button");
        assert!(
            browser.url().contains("/compare?"),
            "{context}: {}",
            browser.url()
        );
        assert_eq!(browser.text("thead th a"), best, "{context}");
        self.write(".dossier input[name=title]", "Notre choix");
        self.take(".dossier button");
        assert_eq!(browser.text("h1"), "Notre choix", "{context}");
        assert!(browser.text("body").contains(&best), "{context}");
        let is_set = "return getComputedStyle(document.body).maxWidth !== 'none'";
        assert_eq!(
            browser.run(is_set, json!([])),
            true,
            "{context}: the dossier has its style"
        );
    }

    /// Question, facet, reasons, two ticks, comparison, back to the results.
    fn search(&self, server: &str, language: &str, question: &str, is_wide: bool) {
        let browser = self.browser;
        browser.open(&format!("{server}/{language}/"));
        self.write("#q", question);
        self.take(".ask button");
        let all = browser.text(".total");
        if is_wide {
            let before = browser.url();
            self.tick(".facet input[name=price][value=free]");
            if browser.url() == before
                && browser.run(
                    "return !document.documentElement.classList.contains('js')",
                    json!([]),
                ) == true
            {
                self.take(".filters > .apply");
            }
            wait_until("another number of resources", || {
                browser.text(".total") != all
            });
            assert!(browser.url().contains("price=free"), "{}", browser.url());
        }
        let first = browser.text(".card h2");
        self.tick(".cards li:nth-child(1) .choose input");
        self.tick(".cards li:nth-child(2) .choose input");
        self.take("#compare button");
        assert_eq!(browser.text("thead th a"), first);
        self.take(".back a");
        assert_eq!(browser.text(".card h2"), first);
        self.take(".cards li:nth-child(1) h2 a");
        assert_eq!(browser.text("h1"), first);
    }
}

#[test]
fn a_need_becomes_a_dossier_by_mouse_by_keyboard_and_without_script_in_both_languages() {
    let (server, _folder) = server();
    let ways = |with_script: bool| match with_script {
        true => vec![
            (Hand::Mouse, WIDTHS.to_vec()),
            (Hand::Keyboard, WIDTHS.to_vec()),
        ],
        // Without script, each hand takes one of the widths.
        false => vec![(Hand::Mouse, vec![360]), (Hand::Keyboard, vec![1440])],
    };
    let go = |with_script: bool, language: &str, need: &str| {
        let browser = Browser::start(with_script);
        for (hand, widths) in ways(with_script) {
            for width in widths {
                browser.width(width);
                let visitor = Visitor {
                    browser: &browser,
                    hand,
                };
                visitor.decide(&server.url, language, need);
                visitor.search(&server.url, language, "fractions", width == 1440);
            }
        }
    };
    std::thread::scope(|threads| {
        for with_script in [true, false] {
            for (language, need) in [("fr", "jeu de fractions"), ("en", "fractions game")] {
                threads.spawn(move || go(with_script, language, need));
            }
        }
    });
}

#[test]
fn what_looks_private_is_warned_about_before_it_is_sent() {
    let (server, _folder) = server();
    let browser = Browser::start(true);
    let send = |language: &str, question: &str| {
        browser.open(&format!("{}/{language}/", server.url));
        browser.write("main input[name=q]", question);
        browser.click("main form button");
    };
    let is_warned =
        || browser.run("return !!document.querySelector('.warning')", json!([])) == true;
    let leaves = |question: &str| {
        wait_until(&format!("{question:?} is sent"), || {
            browser.url().contains("/search?")
        });
    };
    for (language, question) in [
        ("fr", "exercices pour mon élève Léo qui est dyslexique"),
        ("en", "I am diabetic, a game about food"),
    ] {
        send(language, question);
        assert!(
            is_warned() && browser.url().ends_with(&format!("/{language}/")),
            "{question}"
        );
        assert!(!browser.text(".warning").contains("undefined"));
        browser.click("main form button");
        leaves(question);
    }
    for (language, question) in [
        (
            "fr",
            "un jeu pour mes élèves dyslexiques qui s'appelle Kahoot",
        ),
        ("en", "Student Response System"),
    ] {
        send(language, question);
        leaves(question);
    }
}

#[test]
fn without_a_script_what_is_not_asked_for_is_said_beside_the_field() {
    let (server, _folder) = server();
    let said = [("fr", "ni le nom d’un élève"), ("en", "no student’s name")];
    for with_script in [false, true] {
        let browser = Browser::start(with_script);
        for (language, text) in said {
            for page in [
                "",
                "search?q=carte",
                "guidance",
                "compare?ids=polypad,scratch",
            ] {
                browser.open(&format!("{}/{language}/{page}", server.url));
                let is_said = browser.text("main").contains(text);
                assert_eq!(is_said, !with_script, "{language} {page}");
            }
        }
    }
}

/// Every violation of WCAG 2.2 AA that the checker finds on the page that is open.
fn violations(browser: &Browser, axe: &str) -> Vec<String> {
    browser.run(axe, json!([]));
    let check = "const done = arguments[0];\
        axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})\
        .then((found) => done(found.violations.map((rule) => rule.id + ': ' + rule.nodes.map((node) => node.html.slice(0, 200) + ' ' + node.failureSummary).join(' | '))))";
    let found = browser.run_async(check);
    let found = found.as_array().unwrap().iter();
    found
        .map(|violation| violation.as_str().unwrap().to_owned())
        .collect()
}

/// The address of a page with a resource of the bundled catalogue in the place of one that only `web` has.
fn bundled(path: &str) -> String {
    path.replace("a%2Fb", "polypad")
}

#[test]
fn a_form_is_taken_over_a_plain_connection_from_another_machine() {
    let (server, _folder) = server();
    let browser = Browser::start(true);
    let visitor = Visitor {
        browser: &browser,
        hand: Hand::Mouse,
    };
    let site = server.url.replace("127.0.0.1", OTHER_MACHINE);
    browser.open(&format!("{site}/en/reset"));
    let is_plain = browser.run("return !window.isSecureContext", json!([]));
    assert_eq!(is_plain, true, "the browser does not say which site asks");
    visitor.write("input[name=email]", "lea@exemple.ca");
    visitor.take("main form button");
    assert_eq!(browser.url(), format!("{site}/en/reset?done=true"));
}

#[test]
fn no_page_shuts_anybody_out_light_or_dark() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe/node_modules/axe-core/axe.min.js");
    let axe =
        std::fs::read_to_string(file).expect("axe-core is there; `bash tests/run` installs it");
    let (server, _folder) = server();
    let check = |language: &str, start: usize| {
        let browser = Browser::start(true);
        let mut found = Vec::new();
        for (number, (path, _)) in PAGES.iter().enumerate() {
            let path = format!("{language}/{}", bundled(path));
            // Both schemes everywhere; widths take turns.
            for (turn, scheme) in ["light", "dark"].into_iter().enumerate() {
                browser.width(WIDTHS[(start + number + turn) % 2]);
                browser.prefer(&[
                    ("prefers-color-scheme", scheme),
                    ("prefers-reduced-motion", "reduce"),
                ]);
                browser.open(&format!("{}/{path}", server.url));
                let faults = faults(&browser, &axe).into_iter();
                found.extend(faults.map(|fault| format!("/{path} {scheme}: {fault}")));
            }
        }
        found
    };
    let found: Vec<String> = std::thread::scope(|threads| {
        let both = [("fr", 0), ("en", 1)];
        let both = both.map(|(language, start)| threads.spawn(move || check(language, start)));
        both.into_iter()
            .flat_map(|found| found.join().unwrap())
            .collect()
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What the page that is open has against it, with everything on it unfolded.
fn faults(browser: &Browser, axe: &str) -> Vec<String> {
    browser.run(
        "document.querySelectorAll('details').forEach((part) => { part.open = true })",
        json!([]),
    );
    let mut found = violations(browser, axe);
    let moves = "return document.getAnimations().length + [...document.querySelectorAll('*')].filter((one) => parseFloat(getComputedStyle(one).transitionDuration) > 0).length";
    if browser.run(moves, json!([])) != 0 {
        found.push("it moves though the visitor wants stillness".into());
    }
    let wide = "return document.documentElement.scrollWidth - innerWidth";
    let wide = browser.run(wide, json!([])).as_i64().unwrap();
    if wide > 0 {
        found.push(format!("it is {wide} pixels too wide"));
    }
    found
}

#[test]
fn suggestions_come_by_keyboard_and_the_class_is_kept_only_when_asked() {
    let (server, _folder) = server();
    let browser = Browser::start(true);
    browser.width(1440);
    browser.open(&format!("{}/fr/", server.url));
    browser.write("#q", "scra");
    // Before the last letter is there, other words may be offered.
    browser.wait(
        "a list that begins with a resource and says so",
        "return /Ressource$/.test(document.querySelector('.suggestions:not([hidden]) li')?.innerText.trim())",
    );
    let is_expanded =
        "return document.querySelector('#q').getAttribute('aria-expanded') === 'true'";
    assert_eq!(browser.run(is_expanded, json!([])), true);
    browser.press(&format!("t{DOWN}"));
    // Long enough for the answer to the last letter, which would take the chosen one away.
    std::thread::sleep(std::time::Duration::from_millis(500));
    let active = "const field = document.querySelector('#q');\
        const active = document.getElementById(field.getAttribute('aria-activedescendant'));\
        return [field.getAttribute('role'), active.getAttribute('role'), active.getAttribute('aria-selected'), active.closest('[role=listbox]').id === field.getAttribute('aria-controls')]";
    assert_eq!(
        browser.run(active, json!([])),
        json!(["combobox", "option", "true", true])
    );
    browser.press(ENTER);
    browser.wait(
        "the page of the resource",
        "return location.pathname.startsWith('/fr/resources/scratch')",
    );

    browser.open(&format!(
        "{}/fr/search?q=fractions&my_device=ipad",
        server.url
    ));
    let kept = "return localStorage.length";
    assert_eq!(browser.run(kept, json!([])), 0, "nothing is kept unasked");
    browser.click(".class > summary");
    browser.click("[data-remember] input");
    browser.open(&format!("{}/fr/search?q=lire", server.url));
    browser.wait(
        "the page with the class in its address",
        "return location.search.includes('my_device=ipad') && document.readyState === 'complete'",
    );
    browser.click(".class > summary");
    browser.click("[data-remember] input");
    assert_eq!(
        browser.run(kept, json!([])),
        0,
        "what is not to be kept is gone"
    );
    assert_eq!(
        browser.run("return document.cookie", json!([])),
        Value::from("")
    );
}

#[test]
fn the_description_of_the_api_shows_under_its_policy() {
    let (server, _folder) = server();
    let browser = Browser::start(true);
    browser.width(1440);
    browser.open(&format!("{}/api/docs/", server.url));
    browser.wait(
        "the list of operations",
        "return document.querySelectorAll('.opblock').length > 10",
    );
    let elsewhere = "return performance.getEntriesByType('resource').filter((one) => !one.name.startsWith(location.origin) && !one.name.startsWith('data:')).map((one) => one.name)";
    assert_eq!(browser.run(elsewhere, json!([])), json!([]));
}

#[test]
fn pictures() {
    let Ok(folder) = std::env::var("CLASSO_SCREENSHOTS") else {
        return;
    };
    std::fs::create_dir_all(&folder).unwrap();
    let (server, _folder) = server();
    let browser = Browser::start(true);
    let file = |name: String| Path::new(&folder).join(format!("{name}.png"));
    for (number, (path, _)) in PAGES.iter().enumerate() {
        let path = bundled(path);
        let kind = path.split(['?', '/']).next().unwrap_or_default();
        let kind = if kind.is_empty() { "home" } else { kind };
        for language in ["fr", "en"] {
            for width in WIDTHS {
                for scheme in ["light", "dark"] {
                    browser.width(width);
                    browser.prefer(&[("prefers-color-scheme", scheme)]);
                    browser.open(&format!("{}/{language}/{path}", server.url));
                    browser.picture(&file(format!(
                        "{number:02}-{kind}-{language}-{width}-{scheme}"
                    )));
                }
            }
            if ["dossier", "compare"].contains(&kind) {
                browser.width(800);
                browser.as_printed();
                browser.picture(&file(format!("{number:02}-{kind}-{language}-printed")));
            }
        }
    }
}
