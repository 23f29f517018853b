use std::rc::Rc;

use easynet::threads::run_in_thread;

#[easynet::main(backend = "tokio")]
async fn main() {
    let shared = Rc::new(1);
    run_in_thread(move || println!("{shared}")).await;
}
