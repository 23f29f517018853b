//! SCP: scopes, their deadlines, and who catches.
#![forbid(unsafe_code)]

mod scopes {
    mod deadlines;
    mod nesting;
    mod reasons;
    mod requests;
}
