#[easynet::main(backend = "tokio", flavor = "current_thread", start_paused = "true")]
async fn main() {}
