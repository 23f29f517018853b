use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = move_on_at!(1.5, { 1 + 1 });
}
