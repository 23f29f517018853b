#[easynet::main(backend = "sim", seeds = 64)]
async fn main() {}
