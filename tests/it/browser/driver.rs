//! A real browser, driven over the WebDriver protocol.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::wait_until;

/// What the protocol calls an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";
pub const SPACE: &str = "\u{e00d}";
pub const DOWN: &str = "\u{e015}";

/// A name that leads to this machine and that the browser takes for another one.
pub const OTHER_MACHINE: &str = "classo.test";

pub struct Browser {
    driver: Child,
    client: reqwest::blocking::Client,
    session: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// A browser without a window, whose pages have a script or not.
    pub fn start(with_script: bool) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts; `bash tests/run` installs it");
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                Some(port.trim_end_matches('.').to_owned())
            })
            .expect("chromedriver says its port");
        let profile = tempfile::tempdir().unwrap();
        let script = if with_script { 1 } else { 2 };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            &format!("--host-resolver-rules=MAP {OTHER_MACHINE} 127.0.0.1"),
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let options = json!({"args": arguments,
            "prefs": {"profile.managed_default_content_settings.javascript": script}});
        let mut browser = Browser {
            driver,
            client: reqwest::blocking::Client::new(),
            session: format!("http://127.0.0.1:{port}/session"),
            _profile: profile,
        };
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}});
        let session = browser.command("", wanted);
        let id = session["sessionId"].as_str().unwrap();
        browser.session = format!("{}/{id}", browser.session);
        browser
    }

    fn command(&self, path: &str, body: Value) -> Value {
        let request = self
            .client
            .post(format!("{}{path}", self.session))
            .json(&body);
        let answer: Value = request.send().unwrap().json().unwrap();
        assert!(
            answer["value"]["error"].is_null(),
            "{path} {body}: {}",
            answer["value"]
        );
        answer["value"].clone()
    }

    fn ask(&self, path: &str) -> Value {
        let request = self.client.get(format!("{}{path}", self.session));
        let answer: Value = request.send().unwrap().json().unwrap();
        answer["value"].clone()
    }

    /// A command of the browser's own protocol.
    fn devtools(&self, command: &str, params: Value) -> Value {
        self.command(
            "/goog/cdp/execute",
            json!({"cmd": command, "params": params}),
        )
    }

    pub fn width(&self, pixels: u32) {
        let size = json!({"width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size);
    }

    /// What the visitor prefers, such as `("prefers-color-scheme", "dark")`.
    pub fn prefer(&self, preferences: &[(&str, &str)]) {
        let feature = |(name, value): &(&str, &str)| json!({"name": name, "value": value});
        let features: Vec<Value> = preferences.iter().map(feature).collect();
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// Shows pages as they are printed.
    pub fn as_printed(&self) {
        self.devtools("Emulation.setEmulatedMedia", json!({"media": "print"}));
    }

    pub fn open(&self, url: &str) {
        self.command("/url", json!({"url": url}));
    }

    pub fn url(&self) -> String {
        self.ask("/url").as_str().unwrap().to_owned()
    }

    /// The only element, or the first, that a selector names.
    fn find(&self, selector: &str) -> String {
        let wanted = json!({"using": "css selector", "value": selector});
        let found = self.command("/element", wanted);
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    /// Clicks on an element, once it is in the middle of the window.
    pub fn click(&self, selector: &str) {
        let middle = "document.querySelector(arguments[0])?.scrollIntoView({block: 'center'})";
        self.run(middle, json!([selector]));
        let element = self.find(selector);
        self.command(&format!("/element/{element}/click"), json!({}));
    }

    pub fn write(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        self.command(&format!("/element/{element}/value"), json!({"text": text}));
    }

    /// What an element shows, read at one moment: a script may put another in its place the next.
    pub fn text(&self, selector: &str) -> String {
        let text = "return document.querySelector(arguments[0])?.innerText.trim() ?? null";
        let text = self.run(text, json!([selector]));
        let text = text.as_str().map(str::to_owned);
        text.unwrap_or_else(|| panic!("no {selector} at {}", self.url()))
    }

    /// Presses keys, wherever the focus is.
    pub fn press(&self, keys: &str) {
        let each = keys.chars().flat_map(|key| {
            ["keyDown", "keyUp"].map(|what| json!({"type": what, "value": key.to_string()}))
        });
        let keys: Vec<Value> = each.collect();
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": keys}]});
        self.command("/actions", actions);
    }

    pub fn run(&self, script: &str, arguments: Value) -> Value {
        self.command(
            "/execute/sync",
            json!({"script": script, "args": arguments}),
        )
    }

    pub fn run_async(&self, script: &str) -> Value {
        self.command("/execute/async", json!({"script": script, "args": []}))
    }

    /// Waits until a script says yes.
    pub fn wait(&self, what: &str, script: &str) {
        let what = format!("{what} at {}", self.url());
        wait_until(&what, || self.run(script, json!([])) == true);
    }

    /// A picture of the whole page.
    pub fn picture(&self, file: &Path) {
        let height = self.run("return document.documentElement.scrollHeight", json!([]));
        let width = self.run("return innerWidth", json!([]));
        let size = json!({"width": width, "height": height.as_u64().unwrap().min(3000), "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size);
        let picture = self.devtools("Page.captureScreenshot", json!({"format": "png"}));
        use base64::Engine;
        let bytes = base64::prelude::BASE64_STANDARD.decode(picture["data"].as_str().unwrap());
        std::fs::write(file, bytes.unwrap()).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.client.delete(&self.session).send();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
