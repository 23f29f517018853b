use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = task_group!(|group: TaskGroup<std::fmt::Error>| {
        group.start_soon(async { Err::<(), _>(std::io::Error::other("io")) });
    });
}
