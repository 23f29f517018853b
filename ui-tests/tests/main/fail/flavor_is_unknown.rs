#[easynet::main(backend = "tokio", flavor = "local")]
async fn main() {}
