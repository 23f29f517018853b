use easynet::prelude::*;

fn main() {
    let _ = task_group!(|group| { group.start_soon(async {}) });
}
