use easynet::prelude::*;

#[easynet::test]
async fn it_parses() -> Result<(), Box<dyn std::error::Error>> {
    let number = with_timeout!(5s, { "5".parse::<u8>()? })?;
    assert_eq!(number, 5);
    Ok(())
}

fn main() {}
