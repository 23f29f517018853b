use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let seconds = 5;
    let _ = with_timeout!(seconds, { 1 + 1 });
}
