#[easynet::test]
#[test]
async fn a_test() {}

fn main() {}
