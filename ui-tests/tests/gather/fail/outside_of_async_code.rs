use easynet::prelude::*;

fn main() {
    let _ = gather!(std::future::ready(1), std::future::ready(2));
}
