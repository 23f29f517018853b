#[easynet::main(backend = "tokio")]
const async fn main() {}
