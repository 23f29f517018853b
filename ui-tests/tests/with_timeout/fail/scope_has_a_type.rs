use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = with_timeout!(5s, |scope: CancelScope| { scope.cancel() });
}
