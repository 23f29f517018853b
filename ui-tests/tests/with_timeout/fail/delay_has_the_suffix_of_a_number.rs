use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = with_timeout!(5u64, { 1 + 1 });
}
