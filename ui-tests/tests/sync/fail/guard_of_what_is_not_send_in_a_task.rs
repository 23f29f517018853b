use std::{rc::Rc, sync::Arc};

use easynet::{prelude::*, sync::Lock};

#[easynet::main(backend = "tokio")]
async fn main() {
    let lock = Arc::new(Lock::new(Rc::new(1)));
    let _ = task_group!(|group| {
        group.start_soon(async move {
            println!("{}", lock.acquire().await);
        });
    });
}
