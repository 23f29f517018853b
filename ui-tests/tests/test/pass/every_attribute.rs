#![deny(warnings)]

#[easynet::test(flavor = "multi_thread", worker_threads = 2)]
#[should_panic = "reason"]
#[ignore]
async fn a_test() {
    panic!("reason");
}

mod tests {
    #[easynet::test]
    async fn a_result() -> Result<(), String> {
        Ok(())
    }
}

fn main() {}
