#[easynet::main(backend: "tokio")]
async fn main() {}
