#![deny(warnings)]

/// Documented.
#[easynet::main(backend = "tokio")]
#[allow(unused_variables)]
#[cfg(not(any()))]
async fn main() {
    let unused = 5;
}
