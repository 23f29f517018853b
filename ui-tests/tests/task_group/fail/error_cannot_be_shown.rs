use easynet::prelude::*;

#[derive(Debug)]
struct Unshown;

async fn leave(_group: &TaskGroup<'_, Unshown>) {}

fn main() {}
