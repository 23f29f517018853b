use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = cancel_scope!(|scope: CancelScope| { scope.cancel() });
}
