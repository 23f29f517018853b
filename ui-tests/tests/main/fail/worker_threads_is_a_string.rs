#[easynet::main(backend = "tokio", worker_threads = "2")]
async fn main() {}
