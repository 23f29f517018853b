#[easynet::test]
async fn a_test(input: u8) {
    drop(input);
}

fn main() {}
