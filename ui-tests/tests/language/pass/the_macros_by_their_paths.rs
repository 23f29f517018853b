#[easynet::main(backend = "tokio")]
async fn main() {
    let value = easynet::with_timeout!(5s, {
        ::easynet::task_group!(|group| {
            group.start_soon(async {});
            easynet::shield!({ return })
        })
    });
    drop(value);
}
