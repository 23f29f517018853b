use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number = with_timeout!(5s, { "5".parse::<u8>()? })?;
    assert_eq!(number, 5);
    task_group!(|group| {
        group.start_soon(async {});
        if number > 5 {
            return Err("too much".into());
        }
    })?;
    Ok(())
}
