#[easynet::main(backend = "smol")]
async fn main() {}
