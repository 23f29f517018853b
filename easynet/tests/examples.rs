//! The examples, as processes of their own, talked to by programs that know nothing of easynet.
#![forbid(unsafe_code)]
#![cfg(unix)]

mod examples {
    mod chat;
    mod example;
    mod http;
    mod proxy;
    mod tls_echo;
}
