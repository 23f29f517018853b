//! What a jump may take along although its type is not known yet.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::convert::Infallible;
use std::ffi::{CString, OsString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::{Arc, Mutex, RwLock};
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};

use super::IntoGroupError;

/// What leaves a group with a jump: an error that converts to the error `E` of the group, or none.
///
/// `return n.into()` in a closure or an `async` block may stand before what tells its type. Method resolution, which
/// has to choose at once, then chooses this trait, and the choice has to be right whatever the type turns out to be.
/// So it is implemented for every type of the standard library that is likely in that place, and not for `Result` alone.
/// A type that it is not implemented for has to be known by then: nothing in Rust says "any type but a `Result`".
#[diagnostic::on_unimplemented(
    message = "the type `{Self}` of what leaves a task group was not known yet inside the group",
    label = "this leaves the group with a `{Self}`",
    note = "name the type where the value is made, as in `{Self}::from(..)` instead of `.into()`"
)]
pub trait LeavesGroup<E>: Sized {
    /// The error, if it is one.
    fn into_error(self) -> Option<E>;
}

impl<T, X: IntoGroupError<E>, E> LeavesGroup<E> for Result<T, X> {
    fn into_error(self) -> Option<E> {
        self.err().map(IntoGroupError::into_group_error)
    }
}

/// Types that are no error of a jump: `[parameters] type`.
macro_rules! no_errors {
    ($([$($parameter:tt)*] $type:ty,)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($parameter)* E> LeavesGroup<E> for $type {
            fn into_error(self) -> Option<E> {
                None
            }
        }
    )*};
}

no_errors! {
    [] (), [] bool, [] char, [] Infallible,
    [] u8, [] u16, [] u32, [] u64, [] u128, [] usize,
    [] i8, [] i16, [] i32, [] i64, [] i128, [] isize,
    [] f32, [] f64,
    [] String, [] PathBuf, [] OsString, [] CString,
    [] Duration, [] Instant, [] SystemTime, [] Ordering, [] ExitCode,
    [] IpAddr, [] Ipv4Addr, [] Ipv6Addr, [] SocketAddr, [] SocketAddrV4, [] SocketAddrV6,
    [T: ?Sized,] &T, [T: ?Sized,] &mut T, [T: ?Sized,] *const T, [T: ?Sized,] *mut T,
    [T: ?Sized,] Box<T>, [T: ?Sized,] Rc<T>, [T: ?Sized,] Arc<T>, [T,] Pin<T>, ['a, T: ToOwned + ?Sized,] Cow<'a, T>,
    [T,] Cell<T>, [T,] RefCell<T>, [T,] Mutex<T>, [T,] RwLock<T>,
    [T,] Option<T>, [T,] Poll<T>, [T, U,] ControlFlow<T, U>,
    [T,] Vec<T>, [T,] VecDeque<T>, [T,] LinkedList<T>, [T,] BinaryHeap<T>, [T,] BTreeSet<T>, [T, S,] HashSet<T, S>,
    [K, V,] BTreeMap<K, V>, [K, V, S,] HashMap<K, V, S>,
    [T, const N: usize,] [T; N],
    [A,] (A,), [A, B,] (A, B), [A, B, C,] (A, B, C), [A, B, C, D,] (A, B, C, D), [A, B, C, D, F,] (A, B, C, D, F),
    [A, B, C, D, F, G,] (A, B, C, D, F, G),
}
