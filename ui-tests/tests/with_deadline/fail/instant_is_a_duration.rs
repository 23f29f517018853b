use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = with_deadline!(std::time::Duration::from_secs(5), { 1 + 1 });
}
