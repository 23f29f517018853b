use easynet::prelude::*;

async fn read(text: &str) -> Option<usize> {
    shield!({
        let first = text.find("5")?;
        let second = first 5;
        Some(first + second)
    })
}

fn main() {
    drop(read("5"));
}
