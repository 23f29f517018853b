#[easynet::test(backend = ["tokio"], seeds = 4)]
async fn a_test() {}

fn main() {}
