//! One blocking connection to the broker.
use crate::wire::{Reader, Writer};
use rust_loop::setting;
use std::io::{Read, Write};
use std::net::TcpStream;

pub struct Connection {
    socket: TcpStream,
    answer: Vec<u8>,
    correlation_id: i32,
}

impl Connection {
    pub fn open() -> Self {
        let socket = TcpStream::connect(setting("BOOTSTRAP_SERVERS")).unwrap();
        socket.set_nodelay(true).unwrap();
        Connection { socket, answer: vec![], correlation_id: 0 }
    }

    pub fn send(&mut self, api: i16, version: i16, body: &[u8]) {
        self.correlation_id += 1;
        let mut header = Writer::default();
        header.i32((body.len() + 14) as i32).i16(api).i16(version).i32(self.correlation_id).text("peer");
        self.socket.write_all(&header.0).unwrap();
        self.socket.write_all(body).unwrap();
    }

    /// The next answer, behind its header.
    pub fn receive(&mut self) -> Reader<'_> {
        let mut length = [0; 4];
        self.socket.read_exact(&mut length).unwrap();
        let length = i32::from_be_bytes(length) as usize;
        if self.answer.len() < length {
            self.answer.resize(length, 0);
        }
        self.socket.read_exact(&mut self.answer[..length]).unwrap();
        Reader(&self.answer[4..length])
    }

    pub fn ask(&mut self, api: i16, version: i16, body: &[u8]) -> Reader<'_> {
        self.send(api, version, body);
        self.receive()
    }
}
