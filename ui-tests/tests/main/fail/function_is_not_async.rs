#[easynet::main(backend = "tokio")]
fn main() {
    easynet::time::coro_yield().await;
}
