use easynet::prelude::*;

macro_rules! parse {
    ($text:expr) => {
        $text.parse::<u32>()?
    };
}

async fn read() -> Result<u32, easynet::BoxError> {
    Ok(with_timeout!(5s, { parse!("5") })?)
}

fn main() {
    drop(read());
}
