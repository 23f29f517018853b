#![deny(unused_must_use)]

use easynet::threads::run_in_thread;

#[easynet::main(backend = "tokio")]
async fn main() {
    run_in_thread(|| println!("never"));
}
