use easynet::prelude::*;

async fn read(text: &str) -> u8 {
    let number = with_timeout!(5s, { text.parse::<u8>()? });
    number.unwrap_or(0)
}

fn main() {
    drop(read("5"));
}
