#[easynet::test(backend = "sim", schedule = pct)]
async fn a_test() {}

fn main() {}
