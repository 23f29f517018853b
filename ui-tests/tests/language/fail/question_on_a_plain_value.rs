use easynet::prelude::*;

async fn read(text: &str) -> Option<usize> {
    let length = with_timeout!(5s, { text.len()? });
    length.ok()
}

fn main() {
    drop(read("5"));
}
