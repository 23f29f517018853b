#[easynet::main(backend = "tokio", worker_threads)]
async fn main() {}
