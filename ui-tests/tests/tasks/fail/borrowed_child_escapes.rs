use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let mut text = String::from("borrowed");
    let group = easynet::task::create_task_group::<easynet::BoxError>();
    group.scoped().start_soon(async { text.push('!') });
    println!("{text}");
    drop(group);
}
