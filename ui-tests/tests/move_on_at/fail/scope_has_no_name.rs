use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = move_on_at!(None, || { 1 + 1 });
}
