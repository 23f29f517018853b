use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = task_group!(|group| {
        group.start_soon(async {
            let count = std::rc::Rc::new(1);
            easynet::time::coro_yield().await;
            drop(count);
        });
    });
}
