use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = cancel_scope!(5s, |scope| { scope.cancel() });
}
