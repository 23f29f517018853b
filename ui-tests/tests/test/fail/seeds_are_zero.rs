#[easynet::test(backend = "sim", seeds = 0)]
async fn a_test() {}

fn main() {}
