#![forbid(unsafe_code)]
//! The language of easynet.
mod errors;
mod expand;
mod jumps;
mod model;
mod parse;

use proc_macro::TokenStream;

use self::errors::Errors;
use self::parse::{Arguments, shape};

/// doc
#[proc_macro]
pub fn task_group(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(ast) = Arguments::parse(input.into(), &shape::TASK_GROUP, &mut errors) else {
        return expand::mistakes(&errors).into();
    };
    let group = model::Group::lower(ast);
    expand::task_group(&group, &errors).into()
}

/// doc
#[proc_macro]
pub fn with_timeout(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(ast) = Arguments::parse(input.into(), &shape::WITH_TIMEOUT, &mut errors) else {
        return expand::mistakes(&errors).into();
    };
    let timed = model::Timed::lower(ast, &mut errors);
    expand::with_timeout(&timed, &errors).into()
}

/// doc
#[proc_macro]
pub fn move_on_after(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(ast) = Arguments::parse(input.into(), &shape::MOVE_ON_AFTER, &mut errors) else {
        return expand::mistakes(&errors).into();
    };
    let timed = model::Timed::lower(ast, &mut errors);
    expand::move_on_after(&timed, &errors).into()
}

/// doc
#[proc_macro]
pub fn shield(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(ast) = Arguments::parse(input.into(), &shape::SHIELD, &mut errors) else {
        return expand::mistakes(&errors).into();
    };
    let shield = model::Shield::lower(ast);
    expand::shield(&shield, &errors).into()
}

/// doc
#[proc_macro_attribute]
pub fn main(options: TokenStream, item: TokenStream) -> TokenStream {
    runner(model::Entry::Main, options, item)
}

/// doc
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    runner(model::Entry::Test, options, item)
}

fn runner(entry: model::Entry, options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = parse::runner_options(options.into(), &mut errors);
    match parse::Function::parse(item.clone().into(), &mut errors) {
        Some(function) => {
            let runner = model::Runner::lower(entry, &options, function, &mut errors);
            expand::runner(&runner, &errors).into()
        }
        None => expand::unchanged(item.into(), &errors).into(),
    }
}
