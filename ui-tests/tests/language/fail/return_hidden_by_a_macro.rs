use easynet::prelude::*;

macro_rules! leave {
    ($value:expr) => { return $value };
}

async fn read(text: &str) -> Result<u8, u8> {
    shield!({
        if text.is_empty() {
            leave!(Err(1));
        }
    });
    Ok(0)
}

fn main() {
    drop(read("5"));
}
