//! Portals and jobs in every way, in functions of every kind.

use easynet::threads::{
    PortalError, PortalFuture, PortalHandle, create_threads_portal, current_portal, run_coroutine, run_in_thread,
    run_sync,
};

struct Client {
    portal: PortalHandle,
}

impl Client {
    fn ask(&self, question: String) -> Result<usize, PortalError> {
        self.portal.named("ask").run_coroutine(async move { question.len() })
    }

    fn ask_soon(&self, question: String) -> Result<PortalFuture<usize>, PortalError> {
        self.portal.run_coroutine_soon(async move { question.len() })
    }
}

fn job(client: Client) -> Result<usize, PortalError> {
    let first = client.ask("one".into())?;
    let second = client.ask_soon("four".into())?.wait()?;
    let third = run_coroutine(async { 1 })? + run_sync(|| 2)?;
    let fourth = current_portal()?.run_sync_soon(|| 3)?.wait()?;
    Ok(first + second + third + fourth)
}

#[easynet::main(backend = "tokio")]
async fn main() {
    let portal = create_threads_portal();
    let sum = portal
        .run(async {
            let client = Client { portal: portal.handle() };
            run_in_thread(move || job(client)).named("job").abandon_on_cancel(true).await
        })
        .await;
    assert_eq!(sum, Ok(13));
}
