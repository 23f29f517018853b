use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    shield!(|scope| { 1 + 1 });
}
