use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = catch_cancelled!(|scope| { 1 + 1 });
}
