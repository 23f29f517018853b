//! A task that takes its time to end.

use easynet::{
    BoxError, TaskGroup,
    cancel::{catch_cancelled, ignore_cancellation},
    time::{sleep, sleep_forever},
};

use crate::{clock::ms, log::Log};

/// Sleeps until it is cancelled; then logs `{name} cancelled`, cleans up for a while, and logs `{name} cleaned`.
pub async fn clean_up_when_cancelled(log: Log, name: &'static str) {
    if catch_cancelled(sleep_forever()).await.is_err() {
        log.add(format!("{name} cancelled"));
        ignore_cancellation(sleep(ms(2))).await;
        log.add(format!("{name} cleaned"));
    }
}

/// Starts [`clean_up_when_cancelled`] in a group, and waits until it sleeps.
///
/// A child that is cancelled before it has begun never runs (T10), and has nothing to log.
pub async fn start_cleaning(group: &TaskGroup<'_>, log: &Log, name: &'static str) {
    let cleaning = clean_up_when_cancelled(log.clone(), name);
    group
        .start(async move {
            cleaning.await;
            Ok::<_, BoxError>(())
        })
        .await;
}
