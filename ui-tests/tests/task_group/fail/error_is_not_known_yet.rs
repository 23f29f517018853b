use easynet::prelude::*;

async fn read(text: &str) -> Result<u64, Box<dyn std::error::Error>> {
    let outcome = task_group!(|_group: TaskGroup<std::fmt::Error>| { text.parse()? });
    Ok(outcome?)
}

fn main() {
    drop(read("5"));
}
