use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = move_on_after!(0.5, { 1 + 1 });
}
