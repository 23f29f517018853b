//! There is no function that starts a task: only a group does.
use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    easynet::task::start_soon(async {});
}
