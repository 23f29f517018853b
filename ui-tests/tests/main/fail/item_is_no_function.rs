#[easynet::main(backend = "tokio")]
struct Main;

fn main() {
    let _ = Main;
}
