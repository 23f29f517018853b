#[easynet::test(backend = "sim", seeds = 10_000_000_000)]
async fn a_test() {}

fn main() {}
