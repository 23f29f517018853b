use easynet::prelude::*;

// No thread could send this error to another: it is reported where the program ran.
#[easynet::main(backend = "tokio")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number = with_timeout!(5s, { "5".parse::<u8>()? })?;
    task_group!(|group| {
        group.start_soon(async {});
        let _: u8 = "6".parse()?;
    })?;
    if number > 5 {
        return Err("too much".into());
    }
    Ok(())
}
