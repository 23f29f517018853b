use easynet::prelude::*;

fn main() {
    let _ = with_timeout!(5s, { 1 + 1 });
}
