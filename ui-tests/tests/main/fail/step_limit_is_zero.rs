#[easynet::main(backend = "sim", step_limit = 0)]
async fn main() {}
