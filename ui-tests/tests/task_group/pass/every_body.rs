use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    assert_eq!(task_group!(|group| { group.start_soon(async {}); 1 }).unwrap(), 1);
    assert_eq!(task_group!(|_| { 1 }).unwrap(), 1);
    assert_eq!(task_group!(|_group: TaskGroup| { 1 }).unwrap(), 1);
    assert_eq!(task_group!(|_group: TaskGroup<'_, std::io::Error>| { 1 }).unwrap(), 1);
    assert_eq!(task_group!(|_group| std::future::ready(1)).unwrap(), 1);
    assert_eq!(task_group! { |_group,| { 1 }, }.unwrap(), 1);
}
