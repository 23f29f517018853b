#[easynet::test(backend = "sim", seed = 7, seeds = 64)]
async fn a_test() {}

fn main() {}
