use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _ = try_gather!({ Ok::<_, std::fmt::Error>(1) }, Ok::<u32, std::fmt::Error>(5));
}
