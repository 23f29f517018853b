use easynet::prelude::*;

async fn wait() -> u32 {
    loop {
        let _ = with_timeout!(5s, {
            tokio::select! {
                _ = std::future::ready(1) => break,
                _ = std::future::ready(2) => {}
            }
        });
    }
    0
}

fn main() {
    drop(wait());
}
