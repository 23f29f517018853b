#[easynet::test(backend = [])]
async fn a_test() {}

fn main() {}
