#[easynet::main(backend = "tokio")]
async fn main<T: Default>() {
    drop(T::default());
}
