#![deny(warnings)]

#[easynet::main(backend = "tokio")]
async fn main() {
    easynet::net::create_tcp_connection("localhost", 80);
}
