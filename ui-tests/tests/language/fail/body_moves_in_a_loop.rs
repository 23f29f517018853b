use easynet::prelude::*;

async fn consume(text: String) -> usize {
    loop {
        shield!({
            drop(text);
            break 5
        });
    }
}

fn main() {
    drop(consume(String::new()));
}
