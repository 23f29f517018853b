#![deny(warnings)]

use easynet::prelude::*;

async fn read(text: &str) -> Option<usize> {
    let found = task_group!(|_group| {
        #[cfg(any())]
        text.find("never")?;
        #[cfg(any())]
        if text.is_empty() {
            return None;
        }
        #[cfg(not(any()))]
        let found = text.find("5")?;
        found
    });
    let length = shield!({
        #[cfg(any())]
        return None;
        #[cfg(not(any()))]
        text.len()
    });
    Some(found.ok()? + length)
}

#[easynet::main(backend = "tokio")]
async fn main() {
    assert_eq!(read("1 5").await, Some(5));
    assert_eq!(read("1").await, None);
}
