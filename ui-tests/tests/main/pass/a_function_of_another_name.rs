#[easynet::main(backend = "tokio")]
pub(crate) async fn answer() -> u32 {
    42
}

fn main() {
    assert_eq!(answer(), 42);
    assert_eq!(answer(), 42);
}
