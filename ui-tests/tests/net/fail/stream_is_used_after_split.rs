use easynet::{net::TcpStream, prelude::*};

async fn send(mut stream: TcpStream) -> std::io::Result<()> {
    let (_read, _write) = stream.split();
    stream.send_all(b"late").await
}

fn main() {
    let _ = send;
}
