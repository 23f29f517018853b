#[easynet::main(backend = "tokio")]
async fn main() {
    let shared = std::rc::Rc::new(1);
    easynet::time::coro_yield().await;
    drop(shared);
}
