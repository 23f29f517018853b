use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let text = String::from("borrowed");
    let _ = task_group!(|group| {
        group.start_soon(async {
            println!("{text}");
        });
    });
}
