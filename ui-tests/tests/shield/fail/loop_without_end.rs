use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    shield!({
        loop {
            easynet::time::coro_yield().await;
        }
    });
}
