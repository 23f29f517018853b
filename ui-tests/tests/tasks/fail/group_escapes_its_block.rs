use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let mut escaped = None;
    let _ = task_group!(|group| {
        escaped = Some(group);
    });
    escaped.unwrap().start_soon(async {});
}
