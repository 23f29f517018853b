use easynet::prelude::*;
use std::fmt::Debug;

#[easynet::main(backend = "tokio")]
async fn main() {
    let _: Result<Box<dyn Debug>, TimedOut> = with_timeout!(5s, { Box::new(5) });
}
