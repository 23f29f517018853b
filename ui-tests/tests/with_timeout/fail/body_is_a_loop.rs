use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = with_timeout!(5s, for _ in 0..5 {});
}
