#[easynet::main(backend = "tokio", threads = 2)]
async fn main() {}
