//! Every program in `<area>/pass` must compile and run, every one in `<area>/fail` must not, with the message beside it.
//!
//! The name of a failing program is its one mistake. After a change of a message, run with `TRYBUILD=overwrite` and
//! read the difference as a user would: does it say what to write instead?

/// A test per area, so that one can be run alone.
macro_rules! areas {
    ($($area:ident)*) => {$(
        #[test]
        fn $area() {
            let cases = trybuild::TestCases::new();
            cases.pass(concat!("tests/", stringify!($area), "/pass/*.rs"));
            cases.compile_fail(concat!("tests/", stringify!($area), "/fail/*.rs"));
        }
    )*};
}

mod areas {
    areas!(
        cancel_scope catch_cancelled gather language main move_on_after move_on_at net race shield sync task_group tasks
        test threads with_deadline with_timeout
    );
}
