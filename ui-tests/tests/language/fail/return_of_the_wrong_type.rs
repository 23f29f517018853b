use easynet::prelude::*;

async fn read(text: &str) -> Result<u8, std::fmt::Error> {
    shield!({
        if text.is_empty() {
            return 5;
        }
    });
    Ok(0)
}

fn main() {
    drop(read("5"));
}
