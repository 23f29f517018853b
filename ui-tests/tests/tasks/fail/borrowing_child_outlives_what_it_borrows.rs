use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = task_group!(|group| {
        let text = String::from("inside");
        group.scoped().start_soon(async {
            println!("{text}");
        });
    });
}
