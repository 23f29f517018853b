#[easynet::main(backend = ["sim", "tokio"], seed = 7)]
async fn main() {}
