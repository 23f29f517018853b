//! Every case inside every macro: what the plain block does, each macro does.

use easynet_tests::each_backend;

use super::Log;

macro_rules! plain {
    ($($body:tt)*) => { $($body)* };
}
macro_rules! group {
    ($($body:tt)*) => { easynet::task_group!(|_group| $($body)*).unwrap() };
}
macro_rules! typed_group {
    ($($body:tt)*) => { easynet::task_group!(|_group: easynet::TaskGroup<Wide>| $($body)*).unwrap() };
}
macro_rules! timeout {
    ($($body:tt)*) => { easynet::with_timeout!(5s, $($body)*).unwrap() };
}
macro_rules! named_timeout {
    ($($body:tt)*) => { easynet::with_timeout!(5s, |_scope| $($body)*).unwrap() };
}
macro_rules! move_on {
    ($($body:tt)*) => { easynet::move_on_after!(5s, $($body)*).unwrap() };
}
macro_rules! named_move_on {
    ($($body:tt)*) => { easynet::move_on_after! { 5s, |_scope| $($body)* }.unwrap() };
}
macro_rules! shielded {
    ($($body:tt)*) => { easynet::shield!($($body)*) };
}
macro_rules! deadline {
    ($($body:tt)*) => { easynet::with_deadline!(easynet::time::current_time() + 1h, $($body)*).unwrap() };
}
macro_rules! scoped {
    ($($body:tt)*) => { easynet::cancel_scope!(|_scope| $($body)*).unwrap() };
}
macro_rules! caught {
    ($($body:tt)*) => { easynet::catch_cancelled!($($body)*).unwrap() };
}
macro_rules! gathered {
    ($($body:tt)*) => { easynet::gather!(easynet::time::coro_yield(), $($body)*).1 };
}
macro_rules! branch {
    ($($body:tt)*) => { easynet::race!($($body)*, easynet::time::sleep_forever()) };
}
macro_rules! arm {
    ($($body:tt)*) => { easynet::race!(easynet::time::sleep_forever(), async {}, |()| $($body)*) };
}
macro_rules! passed_on {
    ($body:block) => {
        easynet::with_timeout![5s, $body,].unwrap()
    };
}
macro_rules! timeout_in_group {
    ($($body:tt)*) => { easynet::task_group!(|_group| { easynet::with_timeout!(5s, $($body)*).unwrap() }).unwrap() };
}
macro_rules! group_in_timeout {
    ($($body:tt)*) => { easynet::with_timeout!(5s, { easynet::task_group!(|_group| $($body)*).unwrap() }).unwrap() };
}
macro_rules! many {
    ($($body:tt)*) => {
        easynet::shield!({
            easynet::move_on_at!(easynet::time::current_time() + 1h, |_scope| {
                easynet::task_group!(|_group| {
                    easynet::race!({
                        easynet::with_timeout!(5s, easynet::cancel_scope!(|_scope| { easynet::shield!($($body)*) })).unwrap().unwrap()
                    })
                })
                .unwrap()
            })
            .unwrap()
        })
    };
}

cases!(in_plain, plain);
cases!(in_group, group);
cases!(in_typed_group, typed_group);
cases!(in_timeout, timeout);
cases!(in_named_timeout, named_timeout);
cases!(in_move_on, move_on);
cases!(in_named_move_on, named_move_on);
cases!(in_shielded, shielded);
cases!(in_deadline, deadline);
cases!(in_scoped, scoped);
cases!(in_caught, caught);
cases!(in_gathered, gathered);
cases!(in_branch, branch);
cases!(in_arm, arm);
cases!(in_passed_on, passed_on);
cases!(in_timeout_in_group, timeout_in_group);
cases!(in_group_in_timeout, group_in_timeout);
cases!(in_many, many);

/// A test per case: what the plain block does, each macro does.
macro_rules! alike {
    ($($case:ident)*) => {
        $(
            each_backend! {
                async fn $case() {
                    for n in 0..9 {
                        let mut expected = Log::new();
                        let value = in_plain::$case(n, &mut expected).await;
                        alike!(@compare $case, n, value, expected: in_group in_typed_group in_timeout
                            in_named_timeout in_move_on in_named_move_on in_shielded in_deadline in_scoped in_caught
                            in_gathered in_branch in_arm in_passed_on
                            in_timeout_in_group in_group_in_timeout in_many);
                    }
                }
            }
        )*
    };
    (@compare $case:ident, $n:ident, $value:ident, $expected:ident: $($module:ident)*) => {
        $(
            let mut log = Log::new();
            #[allow(clippy::let_unit_value)]
            let other = $module::$case($n, &mut log).await;
            assert_eq!(format!("{other:?}"), format!("{:?}", $value), "{} with {}", stringify!($module), $n);
            assert_eq!(log, $expected, "{} with {}", stringify!($module), $n);
        )*
    };
}

alike! {
    a_value
    a_question
    questions_that_convert
    a_question_into_a_box
    a_question_on_an_option
    a_question_on_a_control_flow
    a_question_on_a_poll
    a_question_that_infers
    a_return
    a_return_that_coerces
    a_return_without_a_value
    a_return_of_a_reference
    a_body_that_always_returns
    a_break
    a_break_with_a_value
    a_break_out_of_a_labelled_block
    a_continue
    labels
    jumps_that_stay_inside
    a_shadowed_label
    closures_and_async_blocks
    jumps_in_known_macros
    jumps_in_odd_places
    values_are_dropped_innermost_first
    in_the_head_of_a_loop
    compiled_out
    in_an_async_block
    in_a_method
}
