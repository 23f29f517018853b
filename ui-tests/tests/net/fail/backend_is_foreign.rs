use easynet::AsyncBackend;

fn run<B: AsyncBackend>(_backend: B) {}

fn main() {
    run(String::from("tokio"));
}
