#[easynet::main(backend = "tokio", start_paused = true)]
async fn main() {}
