#![deny(warnings)]

use easynet::{net::TcpStream, prelude::*};

async fn read(mut stream: TcpStream) {
    stream.recv_into(&mut [0; 4]);
}

fn main() {
    let _ = read;
}
