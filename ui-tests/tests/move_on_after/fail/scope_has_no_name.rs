use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = move_on_after!(5s, || { 1 + 1 });
}
