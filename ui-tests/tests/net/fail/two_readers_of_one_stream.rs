use easynet::{net::TcpStream, prelude::*};

async fn read(mut stream: TcpStream) {
    let (mut left, mut right) = ([0; 4], [0; 4]);
    let _ = gather!(stream.recv_into(&mut left), stream.recv_into(&mut right));
}

fn main() {
    let _ = read;
}
