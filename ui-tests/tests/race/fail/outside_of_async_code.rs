use easynet::prelude::*;

fn main() {
    let _ = race!(std::future::ready(1), std::future::ready(2));
}
