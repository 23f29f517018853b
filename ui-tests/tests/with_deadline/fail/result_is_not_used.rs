#![deny(unused_must_use)]

use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    with_deadline!(easynet::time::current_time(), { 1 + 1 });
}
