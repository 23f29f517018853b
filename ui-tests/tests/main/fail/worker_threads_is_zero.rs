#[easynet::main(backend = "tokio", worker_threads = 0)]
async fn main() {}
