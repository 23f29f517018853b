#![deny(unused_must_use)]

use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    catch_cancelled!({ 1 + 1 });
}
