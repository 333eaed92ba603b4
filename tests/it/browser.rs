//! The pages in a real browser: the whole way from a need to a dossier, and that nobody is shut out of any of them.
//!
//! `CLASSO_SCREENSHOTS=DIR cargo test --test it browser::pictures` lays pictures of every kind of page down in a folder.

mod driver;

use std::path::Path;

use serde_json::{Value, json};

use self::driver::{Browser, DOWN, ENTER, SPACE, TAB};
use crate::support::ServerProcess;
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
        for _ in 0..200 {
            if self.browser.url() != before {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("{selector} led nowhere from {before}");
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
        self.take(".actions a[href*='/dossier']");
        assert!(browser.text("body").contains(&best), "{context}");
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
            for _ in 0..200 {
                if browser.text(".total") != all {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            assert_ne!(browser.text(".total"), all, "{}", browser.url());
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
    for with_script in [true, false] {
        let browser = Browser::start(with_script);
        for (hand, width) in [
            (Hand::Mouse, 1440),
            (Hand::Mouse, 360),
            (Hand::Keyboard, 1440),
            (Hand::Keyboard, 360),
        ] {
            // Without script, each hand takes one of the widths.
            if !with_script && (hand == Hand::Mouse) != (width == 360) {
                continue;
            }
            browser.width(width);
            let visitor = Visitor {
                browser: &browser,
                hand,
            };
            for (language, need) in [("fr", "jeu de fractions"), ("en", "fractions game")] {
                // Each hand goes the whole way in each language, at one of the widths.
                let is_turn = (language == "fr") == ((hand == Hand::Mouse) == (width == 1440));
                if is_turn || !with_script {
                    visitor.decide(&server.url, language, need);
                }
                if !is_turn || !with_script {
                    visitor.search(&server.url, language, "fractions", width == 1440);
                }
            }
        }
    }
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
    let leaves = || {
        (0..200).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            browser.url().contains("/search?")
        })
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
        assert!(leaves(), "{question}: sent again, it goes");
    }
    for (language, question) in [
        (
            "fr",
            "un jeu pour mes élèves dyslexiques qui s'appelle Kahoot",
        ),
        ("en", "Student Response System"),
    ] {
        send(language, question);
        assert!(leaves(), "{question}");
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
fn no_page_shuts_anybody_out_light_or_dark() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe/node_modules/axe-core/axe.min.js");
    let axe =
        std::fs::read_to_string(file).expect("axe-core is there; `bash tests/run` installs it");
    let (server, _folder) = server();
    let browser = Browser::start(true);
    let mut found = Vec::new();
    for (number, (path, _)) in PAGES.iter().enumerate() {
        let path = bundled(path);
        // Both schemes everywhere; widths and languages take turns.
        for (turn, scheme) in ["light", "dark"].into_iter().enumerate() {
            let place = number + turn;
            let language = ["fr", "en"][place % 2];
            browser.width(WIDTHS[place / 2 % 2]);
            browser.prefer(&[
                ("prefers-color-scheme", scheme),
                ("prefers-reduced-motion", "reduce"),
            ]);
            browser.open(&format!("{}/{language}/{path}", server.url));
            browser.run(
                "document.querySelectorAll('details').forEach((part) => { part.open = true })",
                json!([]),
            );
            let of_page = violations(&browser, &axe);
            found.extend(
                of_page
                    .into_iter()
                    .map(|rule| format!("/{language}/{path} {scheme}: {rule}")),
            );
            let moves = "return document.getAnimations().length + [...document.querySelectorAll('*')].filter((one) => parseFloat(getComputedStyle(one).transitionDuration) > 0).length";
            if browser.run(moves, json!([])) != 0 {
                found.push(format!("{path} moves though the visitor wants stillness"));
            }
            let wide = "return document.documentElement.scrollWidth - innerWidth";
            let wide = browser.run(wide, json!([])).as_i64().unwrap();
            if wide > 0 {
                found.push(format!("/{language}/{path} is {wide} pixels too wide"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn suggestions_come_by_keyboard_and_the_class_is_kept_only_when_asked() {
    let (server, _folder) = server();
    let browser = Browser::start(true);
    browser.width(1440);
    browser.open(&format!("{}/fr/", server.url));
    browser.write("#q", "scrat");
    browser.wait(
        "a list of suggestions",
        "return document.querySelector('#q').getAttribute('aria-expanded') === 'true'",
    );
    browser.press(DOWN);
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
        "the class in the address",
        "return location.search.includes('my_device=ipad')",
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
fn pictures() {
    let Ok(folder) = std::env::var("CLASSO_SCREENSHOTS") else {
        return;
    };
    std::fs::create_dir_all(&folder).unwrap();
    let (server, _folder) = server();
    let browser = Browser::start(true);
    for (number, (path, _)) in PAGES.iter().enumerate() {
        let path = bundled(path);
        for (width, scheme, language) in [
            (1440, "light", "fr"),
            (360, "dark", "en"),
            (1440, "dark", "en"),
            (360, "light", "fr"),
        ] {
            browser.width(width);
            browser.prefer(&[("prefers-color-scheme", scheme)]);
            browser.open(&format!("{}/{language}/{path}", server.url));
            let kind = path
                .split(['?', '/'])
                .next()
                .filter(|kind| !kind.is_empty())
                .unwrap_or("home");
            browser.picture(
                &Path::new(&folder).join(format!("{number:02}-{kind}-{width}-{scheme}.png")),
            );
        }
    }
}
