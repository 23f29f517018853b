#[easynet::test(backend = ["tokio", "smol"], seeds = 4)]
async fn a_test() {}

fn main() {}
