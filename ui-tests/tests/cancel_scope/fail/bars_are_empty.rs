use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = cancel_scope!(|| { 1 + 1 });
}
