//! What the compiler sees.
//!
//! A block macro expands to a block that runs the body in an `async` block:
//!
//! ```text
//! from: with_timeout!(5s, { dial(address).await? })
//! to:   {
//!           enum __Jump0<Question0> { Question0(Question0) }
//!           let delay: Duration = Duration::new(5, 0);
//!           let outcome = timeout(delay, async {
//!               match {
//!                   match branch(dial(address).await) {
//!                       Continue(value) => value,
//!                       Break(residual) => return Break(__Jump0::Question0(residual)),
//!                   }
//!               } {
//!                   value => Continue(value),
//!               }
//!           }).await;
//!           match settle(outcome) {
//!               Continue(value) => value,
//!               Break(__Jump0::Question0(residual)) => match residual? {},
//!           }
//!       }
//! ```
//!
//! The `async` block is never `async move`: the body captures as a plain block would. Names of locals are hygienic,
//! and lints do not look into what a macro wrote.

mod body;
mod jumps;
mod list;
mod runner;

use std::iter;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Pat;
use syn::spanned::Spanned;

use self::body::{async_block, expand_block, yields_flow};
use self::jumps::{Place, carry};
pub(crate) use self::list::{gather, race};
pub(crate) use self::runner::runner;
use crate::errors::Errors;
use crate::model::{Catch, Group, Limit, Scope, Shield, Timed};

/// Where the expansion's own names belong, and where its own mistakes would show: at the macro.
fn here() -> Span {
    Span::mixed_site()
}

/// A use of a macro that could not be read: its mistakes, and nothing else.
pub(crate) fn mistakes(errors: &Errors) -> TokenStream {
    quote_spanned!(here()=> { #errors })
}

/// An item that could not be read: as it was, with its mistakes.
pub(crate) fn unchanged(item: TokenStream, errors: &Errors) -> TokenStream {
    quote!(#errors #item)
}

/// `with_timeout!` and `with_deadline!`.
pub(crate) fn with_timeout(timed: &Timed, errors: &Errors) -> TokenStream {
    expand_timed(timed, ["timeout", "timeout_at", "timeout_in"], errors)
}

/// `move_on_after!` and `move_on_at!`.
pub(crate) fn move_on(timed: &Timed, errors: &Errors) -> TokenStream {
    expand_timed(timed, ["move_on_after", "move_on_at", "move_on_in"], errors)
}

/// A timeout: by a function that takes the limit, or if the body names the scope, one that takes the scope.
fn expand_timed(timed: &Timed, [after, at, within]: [&str; 3], errors: &Errors) -> TokenStream {
    let Timed { limit, block } = timed;
    let body = async_block(block);
    let (let_limit, limit, plain, open) = match limit {
        Limit::Delay(delay) => (
            quote_spanned!(here()=> let delay: ::core::time::Duration = #delay;),
            "delay",
            after,
            "scope_after",
        ),
        Limit::Deadline(deadline) => {
            let there = here().located_at(deadline.span());
            (
                quote_spanned!(there=> let deadline = ::easynet::__private::deadline(#deadline);),
                "deadline",
                at,
                "scope_at",
            )
        }
    };
    let [limit, plain, open, within] = [limit, plain, open, within].map(|name| Ident::new(name, here()));
    match &block.name {
        None => {
            let run = quote_spanned!(here()=> ::easynet::__private::#plain(#limit, #body));
            expand_block(&block.jumps, &let_limit, &run, errors)
        }
        Some(name) => {
            let before = quote_spanned! {here()=>
                #let_limit
                let scope = ::easynet::__private::#open(#limit);
                let #name = &scope;
            };
            let run = quote_spanned!(here()=> ::easynet::__private::#within(&scope, #body));
            expand_block(&block.jumps, &before, &run, errors)
        }
    }
}

pub(crate) fn cancel_scope(scope: &Scope, errors: &Errors) -> TokenStream {
    let block = &scope.block;
    let body = async_block(block);
    let name = match &block.name {
        Some(name) => name.to_token_stream(),
        None => quote!(_),
    };
    let before = quote_spanned! {here()=>
        let scope = ::easynet::__private::open_scope();
        let #name = &scope;
    };
    let run = quote_spanned!(here()=> ::easynet::__private::move_on_in(&scope, #body));
    expand_block(&block.jumps, &before, &run, errors)
}

pub(crate) fn shield(shield: &Shield, errors: &Errors) -> TokenStream {
    let body = async_block(&shield.block);
    let run = quote_spanned!(here()=> ::easynet::__private::shield(#body));
    expand_block(&shield.block.jumps, &TokenStream::new(), &run, errors)
}

pub(crate) fn catch_cancelled(catch: &Catch, errors: &Errors) -> TokenStream {
    let body = async_block(&catch.block);
    let run = quote_spanned!(here()=> ::easynet::__private::catch_cancelled(#body));
    expand_block(&catch.block.jumps, &TokenStream::new(), &run, errors)
}

pub(crate) fn task_group(group: &Group, errors: &Errors) -> TokenStream {
    let block = &group.block;
    let body = async_block(block);
    // The type of an alias has its default error only where the type is written.
    let ty = match &group.ty {
        Some(ty) => ty.to_token_stream(),
        None => quote_spanned!(here()=> ::easynet::TaskGroup<'_>),
    };
    let at = here().located_at(ty.span());
    // The group itself is named like the reference to it: this is what messages about lifetimes show.
    let (owner, name) = match &block.name {
        Some(Pat::Ident(name)) => (name.ident.clone(), name.to_token_stream()),
        _ => (Ident::new("owner", here()), quote!(_)),
    };
    let before = quote_spanned! {here()=>
        let #owner = ::easynet::__private::open_group();
        let group = &#owner;
    };
    let before = quote_spanned!(at=> #before let #name: &#ty = group;);
    let run = if yields_flow(&block.jumps) {
        let carry = carry(iter::once((&block.jumps, Place::ALONE)));
        quote_spanned!(here()=> ::easynet::__private::run_group_with_jumps(group, #body, #carry))
    } else {
        quote_spanned!(here()=> ::easynet::__private::run_group(group, #body))
    };
    expand_block(&block.jumps, &before, &run, errors)
}

#[cfg(test)]
mod tests;
