#[easynet::main(backend = "tokio", thread_name = 7)]
async fn main() {}
