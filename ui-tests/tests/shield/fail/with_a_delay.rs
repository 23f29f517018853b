use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    shield!(5s, { 1 + 1 });
}
