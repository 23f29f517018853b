#[easynet::main("tokio")]
async fn main() {}
