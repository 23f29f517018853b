#![deny(unused_must_use)]

use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    with_timeout!(5s, { 1 + 1 });
}
