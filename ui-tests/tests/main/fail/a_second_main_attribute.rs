#[easynet::main(backend = "tokio")]
#[tokio::main]
async fn main() {}
