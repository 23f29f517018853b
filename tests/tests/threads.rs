//! THR, PRT, FUT: blocking jobs, portals, and the futures of their calls.
#![forbid(unsafe_code)]

mod threads {
    mod abandoned;
    mod blocking;
    mod cancellation;
    mod exits;
    mod futures;
    mod in_jobs;
    mod jobs;
    mod own_threads;
    mod plain_tasks;
    mod portals;
    mod reports;
    mod simulated;
    mod stress;
}
