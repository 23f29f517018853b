use easynet::prelude::*;

async fn half(number: Option<u32>) -> Option<u32> {
    let (half, _) = try_gather!({ number? / 2 }, { Ok::<_, std::fmt::Error>(5) }).ok()?;
    Some(half)
}

#[easynet::main(backend = "tokio")]
async fn main() {
    half(Some(4)).await;
}
