//! What the tests share: an app that can be asked, a process that can be killed, records made quickly.

use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use classo::app::{self, App};
use classo::domain::clock::SystemClock;
use classo::http::router::router;
use classo::http::{Server, Settings};
use classo::services::indexing::Outdated;
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tower::ServiceExt;

/// A Classo in this process, on a data folder of its own.
pub struct TestApp {
    router: axum::Router,
    pub server: Arc<Server>,
    token: String,
    runtime: tokio::runtime::Runtime,
    folder: tempfile::TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub content_type: String,
    pub request_id: String,
    pub location: String,
    pub headers: axum::http::HeaderMap,
    pub text: String,
}

/// An answer with its headers.
pub struct Page {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

impl TestApp {
    pub fn empty() -> Self {
        TestApp::set(&app::Settings::default())
    }

    /// One with settings.
    pub fn set(settings: &app::Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SystemClock);
        let app = App::open_with(folder.path(), settings, clock, Outdated::Rebuild).unwrap();
        let token = app
            .tokens
            .create(
                "test",
                None,
                Timestamp::now(),
                SignedDuration::from_hours(1),
            )
            .unwrap();
        let runtime = classo::http::runtime().unwrap();
        let server = Arc::new(Server::new(app, Settings::default()).expect("threads"));
        TestApp {
            router: router(Arc::clone(&server)),
            server,
            token,
            runtime,
            folder,
        }
    }

    pub fn with(records: &[Value]) -> Self {
        let app = TestApp::empty();
        let answer = app.import(&lines(records));
        assert_eq!(answer["rejected"], 0, "{answer}");
        assert_eq!(answer["findable"], true);
        app
    }

    pub fn send(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let status = response.status();
            let header = |name: &str| {
                let value = response
                    .headers()
                    .get(name)
                    .map(|value| value.to_str().unwrap());
                value.unwrap_or_default().to_owned()
            };
            let (content_type, request_id) = (header("content-type"), header("x-request-id"));
            let location = header("location");
            let headers = response.headers().clone();
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            Answer {
                status,
                content_type,
                request_id,
                location,
                headers,
                text: String::from_utf8_lossy(&bytes).into_owned(),
            }
        })
    }

    /// The whole answer, for those who look at its headers.
    pub fn whole(&self, request: Request<Body>) -> Page {
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (head, body) = response.into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            Page {
                status: head.status,
                headers: head.headers,
                text: String::from_utf8(bytes.to_vec()).unwrap(),
            }
        })
    }

    pub fn request(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json");
        self.send(request.body(body.into()).unwrap())
    }

    pub fn as_operator(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token));
        self.send(request.body(body.into()).unwrap())
    }

    /// A task that was begun, once it has ended.
    pub fn ended(&self, task: &Value) -> Value {
        let path = format!("/api/v1/admin/tasks/{}", task["id"]);
        eventually("the task ends", || {
            let now = self.as_operator("GET", &path, Body::empty()).json();
            (now["state"] != "running").then_some(now)
        })
    }

    /// The tokens of the data folder.
    pub fn tokens(&self) -> classo::store::tokens::OperatorTokens {
        classo::store::tokens::OperatorTokens::new(self.folder.path())
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Asks with a bearer token of the caller's.
    pub fn as_bearer(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"));
        let body = match body {
            Value::Null => Body::empty(),
            body => Body::from(body.to_string()),
        };
        self.send(request.body(body).unwrap())
    }

    /// A token of an operator.
    pub fn token(&self) -> &str {
        &self.token
    }

    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, Body::empty())
    }

    /// POST search; the answer must be 200.
    pub fn search(&self, question: Value) -> Value {
        let answer = self.request("POST", "/api/v1/search", question.to_string());
        assert_eq!(answer.status, 200, "{question}: {}", answer.text);
        answer.json()
    }

    pub fn import(&self, lines: &str) -> Value {
        let answer = self.as_operator("POST", "/api/v1/admin/import?name=test", lines.to_owned());
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }
}

/// The ids of an answer's hits, in order.
pub fn ids(answer: &Value) -> Vec<String> {
    answer["hits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| hit["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Asserts that a resource has these fields, whatever else it has.
pub fn assert_has(resource: &Value, fields: Value) {
    for (field, value) in fields.as_object().unwrap() {
        let found = field.split('/').fold(resource, |inner, name| &inner[name]);
        assert_eq!(found, value, "{field} of {resource:#}");
    }
}

pub fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

/// A record with a title in French, and other fields.
pub fn record(id: &str, title: &str, fields: Value) -> Value {
    let mut record = json!({"id": id, "title": {"fr": title}});
    record
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    record
}

pub fn classo() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_classo"));
    for name in [
        "CLASSO_DATA",
        "CLASSO_SERVER",
        "CLASSO_TOKEN",
        "CLASSO_LISTEN",
        "CLASSO_LOG",
    ] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// A command on a data folder, to its end.
pub fn run(arguments: &[&str], data: &Path) -> Output {
    let output = classo().args(arguments).arg("--data").arg(data).output();
    output.unwrap()
}

/// A server in a process of its own; killed when dropped.
pub struct ServerProcess {
    child: Child,
    client: reqwest::blocking::Client,
    pub url: String,
}

impl ServerProcess {
    pub fn start(command: &str, data: &Path) -> Self {
        let mut process = classo();
        process
            .args([command, "--listen", "127.0.0.1:0", "--data"])
            .arg(data);
        ServerProcess::spawn(&mut process)
    }

    /// Starts a server by a command of the caller's, and waits until it says where it listens.
    pub fn spawn(command: &mut Command) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap_or_else(|| panic!("first line: {line:?}"))
            .to_owned();
        ServerProcess {
            child,
            url,
            client: reqwest::blocking::Client::new(),
        }
    }

    pub fn get(&self, path: &str) -> (u16, Value) {
        let response = self
            .client
            .get(format!("{}{path}", self.url))
            .send()
            .unwrap();
        let status = response.status().as_u16();
        (status, response.json().unwrap_or(Value::Null))
    }

    /// What a JSON body is answered, in a form of the caller's; it must be 200.
    pub fn post(&self, path: &str, accept: &str, body: &Value) -> String {
        let request = self.client.post(format!("{}{path}", self.url));
        let response = request.header("accept", accept).json(body).send().unwrap();
        assert_eq!(response.status(), 200, "{body}");
        response.text().unwrap()
    }

    /// A JSON request about persons: status and answer; nothing once the server is gone.
    pub fn ask(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Value,
    ) -> Option<(u16, Value)> {
        let method = method.parse::<reqwest::Method>().unwrap();
        let url = format!("{}/api/v1/{path}", self.url);
        let mut request = self.client.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().ok()?;
        let status = response.status().as_u16();
        let text = response.text().ok()?;
        Some((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The signal that asks to stop; returns how the process ended.
    pub fn terminate(mut self) -> std::process::ExitStatus {
        Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn operator_token(data: &Path) -> String {
    let output = classo()
        .args(["operator", "token", "--data"])
        .arg(data)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub fn write_file(path: &Path, text: &str) {
    std::fs::File::create(path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
}

/// What comes of work on this thread, and the log of it: JSON objects, one a line.
pub fn logged<T>(work: impl FnOnce() -> T) -> (T, String) {
    let mut file = Arc::new(tempfile::tempfile().unwrap());
    let log = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(Arc::clone(&file))
        .finish();
    let done = tracing::subscriber::with_default(log, work);
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    (done, text)
}

/// How long something that is to happen may take, on a machine that has much else to do: work that gives way to others waits
/// for as long as they keep it busy.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Asks again and again until there is an answer, and returns it.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "{what}: not within {PATIENCE:?}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until something is so.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    eventually(what, || is_so().then_some(()));
}

/// A number from the environment, for the full round of a long test.
pub fn rounds(variable: &str, short: u64) -> u64 {
    std::env::var(variable)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(short)
}

/// A seed that is printed, so that a failure can be played again with `CLASSO_TEST_SEED`.
pub fn seed(test: &str) -> u64 {
    let seed = rounds(
        "CLASSO_TEST_SEED",
        std::time::SystemTime::UNIX_EPOCH
            .elapsed()
            .unwrap()
            .as_nanos() as u64
            % 1_000_000,
    );
    println!("{test}: CLASSO_TEST_SEED={seed}");
    seed
}
