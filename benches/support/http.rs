//! A server on a port of its own, and a client that keeps one connection to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use classo::app::App;
use classo::http::Settings;

pub struct Loopback {
    stream: BufReader<TcpStream>,
    answer: Vec<u8>,
}

/// Serves the app until the process ends; returns where.
pub fn serve(app: App, settings: Settings) -> SocketAddr {
    let (listening, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = classo::http::runtime().expect("a runtime");
        let any_port = tokio::net::TcpListener::bind(("127.0.0.1", 0));
        let listener = runtime.block_on(any_port).expect("a free port");
        let said = move |address| listening.send(address).expect("somebody waits for it");
        let served = classo::http::serve(app, settings, listener, said, std::future::pending());
        runtime.block_on(served).expect("served");
    });
    address.recv().expect("an address")
}

impl Loopback {
    /// Serves the app until the process ends, and connects to it.
    pub fn serve(app: App) -> Loopback {
        Loopback::connect(serve(app, Settings::default()))
    }

    /// Another connection to a server.
    pub fn connect(address: SocketAddr) -> Loopback {
        let stream = TcpStream::connect(address).expect("connected");
        stream.set_nodelay(true).expect("a connection in use");
        Loopback {
            stream: BufReader::with_capacity(1 << 18, stream),
            answer: Vec::new(),
        }
    }

    /// Posts a JSON body and reads the whole answer, which must be a good one; returns how long it is.
    pub fn post(&mut self, path: &str, body: &str) -> usize {
        let status = self.send(path, body);
        assert_eq!(status, 200, "{body}");
        self.answer.len()
    }

    /// Posts a JSON body and reads the whole answer; returns its status.
    pub fn send(&mut self, path: &str, body: &str) -> u16 {
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let sent = self.stream.get_mut().write_all(request.as_bytes());
        sent.expect("a kept connection");
        let (mut length, mut line) = (0, String::new());
        self.stream.read_line(&mut line).expect("a status");
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        loop {
            line.clear();
            self.stream.read_line(&mut line).expect("a header");
            match line.trim_end().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().expect("a number"),
                Some(_) => {}
                None => break,
            }
        }
        self.answer.resize(length, 0);
        self.stream.read_exact(&mut self.answer).expect("a body");
        status.expect("a status")
    }
}
