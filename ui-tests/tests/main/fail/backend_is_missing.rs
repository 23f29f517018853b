#[easynet::main]
async fn main() {}
