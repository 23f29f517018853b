use easynet::prelude::*;
use std::sync::{Arc, Mutex};

#[easynet::main(backend = "tokio")]
async fn main() {
    let count = Arc::new(Mutex::new(0));
    let _ = task_group!(|group| {
        group.start_soon(async move {
            let mut count = count.lock().unwrap();
            easynet::time::coro_yield().await;
            *count += 1;
        });
    });
}
