//! The macros that turn one scenario into a test for each backend.

/// Turns each function into a module with one test for each backend and flavour.
///
/// An `async fn` is a program, run by `bootstrap`; a plain `fn` runs outside of any backend. Either may take the
/// [`Runner`](crate::Runner), to ask it for a stopwatch, and may return a `Result`. Attributes stay on the function;
/// `#[should_panic]` goes to the tests. A test that takes longer than a minute fails.
///
/// Real time passes on some backends: delays that have to elapse are of a few milliseconds, those that must not
/// are [`LONG`](crate::LONG), and nothing is said about how long is too long except by a
/// [`Stopwatch`](crate::Stopwatch), which knows when it may.
///
/// # Examples
///
/// ```
/// use easynet_tests::{Runner, each_backend, ms};
///
/// each_backend! {
///     /// CKP-08
///     async fn the_clock_does_not_go_back(runner: Runner) {
///         let watch = runner.stopwatch();
///         easynet::time::sleep(ms(2)).await;
///         watch.assert_reads(ms(2));
///     }
///
///     fn a_program_yields_its_value(runner: Runner) {
///         assert_eq!(runner.run(async { 1 + 2 }), 3);
///     }
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! each_backend {
    ($($(#[$($attribute:tt)*])* $($function:ident)+ ($($runner:ident: $type:ty)?) $(-> $output:ty)? $body:block)+) => {
        $($crate::__function! {
            (each) {} {} [$(#[$($attribute)*])*] $($function)+ ($($runner: $type)?) $(-> $output)? $body
        })+
    };
}

/// Like [`each_backend!`], but only where time is virtual.
///
/// There the clock jumps to the next deadline when nothing else can run, so that moments are exact and hours cost
/// nothing, and all tasks share one thread, so that nothing runs before the caller suspends.
#[macro_export]
macro_rules! each_virtual_backend {
    ($($(#[$($attribute:tt)*])* $($function:ident)+ ($($runner:ident: $type:ty)?) $(-> $output:ty)? $body:block)+) => {
        $($crate::__function! {
            (virtual_time) {} {} [$(#[$($attribute)*])*] $($function)+ ($($runner: $type)?) $(-> $output)? $body
        })+
    };
}

/// Like [`each_backend!`], but in real time on tokio: for what waits for time while threads work.
#[macro_export]
macro_rules! beside_threads {
    ($($(#[$($attribute:tt)*])* $($function:ident)+ ($($runner:ident: $type:ty)?) $(-> $output:ty)? $body:block)+) => {
        $($crate::__function! {
            (real_time) {} {} [$(#[$($attribute)*])*] $($function)+ ($($runner: $type)?) $(-> $output)? $body
        })+
    };
}

/// Like [`each_backend!`], but only on tokio: for what tokio's own timers and sockets do around easynet.
#[macro_export]
macro_rules! each_tokio_flavor {
    ($($(#[$($attribute:tt)*])* $($function:ident)+ ($($runner:ident: $type:ty)?) $(-> $output:ty)? $body:block)+) => {
        $($crate::__function! {
            (tokio) {} {} [$(#[$($attribute)*])*] $($function)+ ($($runner: $type)?) $(-> $output)? $body
        })+
    };
}

/// Turns each function into a module with one test for each backend and flavour, in real time where sockets are real.
#[macro_export]
macro_rules! over_network {
    ($($(#[$attribute:meta])* async fn $name:ident() $body:block)*) => {
        $($crate::__network! {
            $(#[$attribute])* async fn $name() $body
            tokio_multi_thread TOKIO_MULTI_THREAD,
            tokio_current_thread TOKIO_CURRENT_THREAD,
            sim SIM,
        })*
    };
}

/// Like [`over_network!`], but only where there are sockets of the operating system.
#[macro_export]
macro_rules! over_sockets {
    ($($(#[$attribute:meta])* async fn $name:ident() $body:block)*) => {
        $($crate::__network! {
            $(#[$attribute])* async fn $name() $body
            tokio_multi_thread TOKIO_MULTI_THREAD,
            tokio_current_thread TOKIO_CURRENT_THREAD,
        })*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __network {
    ($(#[$attribute:meta])* async fn $name:ident() $body:block $($test:ident $runner:ident,)*) => {
        $(#[$attribute])*
        async fn $name() $body

        mod $name {
            use easynet::AsyncBackend;
            use $crate::Runner;

            fn run(runner: Runner) {
                let options = runner.options().start_paused(false);
                runner.backend().bootstrap_with(&options, super::$name()).expect("nothing runs here yet");
            }

            $(
                #[test]
                fn $test() {
                    Runner::$runner.watch_each(run);
                }
            )*
        }
    };
}

/// One function: sorts its attributes, `{those of the function} {those of its tests}`, and makes the tests.
#[doc(hidden)]
#[macro_export]
macro_rules! __function {
    (($which:ident) {$($own:tt)*} {$($test:tt)*} [#[should_panic $($rest:tt)*] $($more:tt)*] $($function:tt)*) => {
        $crate::__function! {
            ($which) {$($own)*} {$($test)* #[should_panic $($rest)*]} [$($more)*] $($function)*
        }
    };
    (($which:ident) {$($own:tt)*} {$($test:tt)*} [#[$($other:tt)*] $($more:tt)*] $($function:tt)*) => {
        $crate::__function! { ($which) {$($own)* #[$($other)*]} {$($test)*} [$($more)*] $($function)* }
    };
    (
        ($which:ident) {$($own:tt)*} {$($test:tt)*} []
        async fn $name:ident($($runner:ident: $type:ty)?) $(-> $output:ty)? $body:block
    ) => {
        $($own)*
        async fn $name($($runner: $type)?) $(-> $output)? $body

        mod $name {
            #[allow(unused_imports)]
            use super::*;
            $crate::__runners! {
                $which {$($test)*} {$($output)?}
                |runner| runner.run(super::$name($({ let runner: $type = runner; runner })?))
            }
        }
    };
    (
        ($which:ident) {$($own:tt)*} {$($test:tt)*} []
        fn $name:ident($($runner:ident: $type:ty)?) $(-> $output:ty)? $body:block
    ) => {
        $($own)*
        fn $name($($runner: $type)?) $(-> $output)? $body

        mod $name {
            #[allow(unused_imports)]
            use super::*;
            $crate::__runners! {
                $which {$($test)*} {$($output)?}
                |runner| { let _ = runner; super::$name($({ let runner: $type = runner; runner })?) }
            }
        }
    };
}

/// The list of backends and flavours.
#[doc(hidden)]
#[macro_export]
macro_rules! __runners {
    (each $($test:tt)*) => {
        $crate::__test! { tokio_multi_thread TOKIO_MULTI_THREAD $($test)* }
        $crate::__test! { tokio_current_thread TOKIO_CURRENT_THREAD $($test)* }
        $crate::__test! { sim SIM $($test)* }
    };
    (real_time $($test:tt)*) => {
        $crate::__test! { tokio_multi_thread TOKIO_MULTI_THREAD $($test)* }
        $crate::__test! { tokio_current_thread TOKIO_CURRENT_THREAD_IN_REAL_TIME $($test)* }
        $crate::__test! { sim SIM $($test)* }
    };
    (tokio $($test:tt)*) => {
        $crate::__test! { tokio_multi_thread TOKIO_MULTI_THREAD $($test)* }
        $crate::__test! { tokio_current_thread TOKIO_CURRENT_THREAD $($test)* }
    };
    (virtual_time $($test:tt)*) => {
        $crate::__test! { tokio_current_thread TOKIO_CURRENT_THREAD $($test)* }
        $crate::__test! { sim SIM $($test)* }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __test {
    ($name:ident $runner:ident {$($attributes:tt)*} {$($output:ty)?} |$given:ident| $call:expr) => {
        #[test]
        $($attributes)*
        fn $name() $(-> $output)? {
            $crate::Runner::$runner.watch_each(|$given| $call)
        }
    };
}
