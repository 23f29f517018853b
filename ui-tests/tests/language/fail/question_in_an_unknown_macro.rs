#![allow(unused_macros)]

use easynet::prelude::*;

macro_rules! log {
    ($value:expr) => { drop($value) };
}

async fn read(text: &str) -> Option<()> {
    shield!({ log!(text.find("5")?) });
    Some(())
}

fn main() {
    drop(read("5"));
}
