#[easynet::main(
    backend = "tokio",
    flavor = "multi_thread",
    worker_threads = 2,
    thread_name = "worker",
    max_blocking_threads = 4,
    start_paused = false
)]
async fn main() {
    assert_eq!(easynet::time::coro_yield().await, ());
}
