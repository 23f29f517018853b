use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = with_deadline!({ 1 + 1 });
}
