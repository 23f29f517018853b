//! TSK: waiting for a task, and cancelling it.
#![forbid(unsafe_code)]

mod tasks {
    mod cancelling;
    mod join_or_cancel;
    mod waiting;
}
