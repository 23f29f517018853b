#[easynet::main(backend = "sim", seed = "7")]
async fn main() {}
