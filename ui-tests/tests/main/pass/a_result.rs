#[easynet::main(backend = "tokio")]
async fn main() -> Result<(), std::num::ParseIntError> {
    let n = "5".parse::<u8>()?;
    assert_eq!(n, 5);
    Ok(())
}
