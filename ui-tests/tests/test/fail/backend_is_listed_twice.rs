#[easynet::test(backend = ["tokio", "sim", "tokio"])]
async fn a_test() {}

fn main() {}
