#![deny(unused_must_use)]

use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    try_gather!({ Ok::<_, std::fmt::Error>(5) });
}
