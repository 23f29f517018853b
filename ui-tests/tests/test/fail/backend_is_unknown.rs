#[easynet::test(backend = "smol")]
async fn a_test() {}

fn main() {}
