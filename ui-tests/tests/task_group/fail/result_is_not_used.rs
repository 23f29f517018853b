#![deny(unused_must_use)]

use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    task_group!(|group| {
        group.start_soon(async {});
    });
}
