use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = try_gather!(std::future::ready(5), { Ok::<_, std::fmt::Error>(5) });
}
