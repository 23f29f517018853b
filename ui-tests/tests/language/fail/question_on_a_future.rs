use easynet::prelude::*;

async fn load() -> std::io::Result<u32> {
    Ok(1)
}

async fn twice() -> std::io::Result<u32> {
    let value = with_timeout!(5s, { load()? * 2 })?;
    Ok(value)
}

fn main() {
    drop(twice());
}
