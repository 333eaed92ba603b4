//! A real server process to measure, and what it takes of the machine.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use classo::domain::resource::Resource;

fn classo(arguments: &[&str], data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_classo"));
    command.args(arguments).arg("--data").arg(data);
    command
        .env("CLASSO_LOG", "info")
        .stderr(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// The server's process, on a data folder of its own.
pub struct Server {
    child: Child,
    pub address: String,
    data: PathBuf,
    _folder: Option<tempfile::TempDir>,
}

impl Server {
    /// On a data folder of its own, with these resources.
    pub fn with(resources: &[Resource]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (data, file) = (folder.path().join("data"), folder.path().join("all.jsonl"));
        let mut lines = std::io::BufWriter::new(std::fs::File::create(&file).unwrap());
        for resource in resources {
            serde_json::to_writer(&mut lines, resource).unwrap();
            lines.write_all(b"\n").unwrap();
        }
        lines.flush().unwrap();
        let imported = classo(&["import", file.to_str().unwrap()], &data).status();
        assert!(imported.unwrap().success());
        Server::on(&data, Some(folder))
    }

    /// On a data folder that is there.
    pub fn on(data: &Path, folder: Option<tempfile::TempDir>) -> Self {
        let mut child = classo(&["serve", "--listen", "127.0.0.1:0"], data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .unwrap()
            .to_owned();
        Server {
            child,
            address,
            data: data.to_owned(),
            _folder: folder,
        }
    }

    /// Its number, for `/proc`.
    pub fn process(&self) -> String {
        self.child.id().to_string()
    }

    /// A token for its operators.
    pub fn token(&self) -> String {
        let made = classo(&["operator", "token"], &self.data)
            .stdout(Stdio::piped())
            .output();
        String::from_utf8(made.unwrap().stdout)
            .unwrap()
            .trim()
            .to_owned()
    }

    /// Resident memory now and at its highest.
    pub fn memory(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            kib.unwrap_or(0.0) / 1024.0
        };
        format!(
            "{:.0} MiB of its own, {:.0} with mapped files ({:.0} at most)",
            line("RssAnon:"),
            line("VmRSS:"),
            line("VmHWM:")
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server is at rest once it has used no processor for so long: it looks every half second for what to merge.
const AT_REST: Duration = Duration::from_secs(3);

/// Returns when a server's process has nothing more to do.
pub fn wait_for_rest(process: &str) {
    let (mut since, mut used) = (Instant::now(), processor(process));
    while since.elapsed() < AT_REST {
        std::thread::sleep(Duration::from_millis(100));
        let now = processor(process);
        // A hundredth of a second now and then is its clocks.
        if now - used > 0.05 {
            (since, used) = (Instant::now(), now);
        }
    }
}

/// Processor time of a process, in seconds.
pub fn processor(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // After the name in brackets, the 12th and 13th: user and system time, in hundredths of a second.
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |place: usize| fields.get(place).and_then(|text| text.parse::<f64>().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0
}
