use easynet::prelude::*;

async fn read(text: &str) -> Result<u8, std::fmt::Error> {
    let number = with_timeout!(5s, { text.parse::<u8>()? });
    Ok(number.unwrap_or(0))
}

fn main() {
    drop(read("5"));
}
