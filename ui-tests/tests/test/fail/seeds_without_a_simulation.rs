#[easynet::test(seeds = 64)]
async fn a_test() {}

fn main() {}
