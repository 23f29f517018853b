#[easynet::main(backend = "tokio", seed = 7)]
async fn main() {}
