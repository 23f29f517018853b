//! A body in an `async` block, and the whole around it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;

use super::here;
use super::jumps::{self, Place};
use crate::errors::Errors;
use crate::jumps::Jumps;
use crate::model::Block;
use crate::parse::Body;

/// Whether the body yields a `ControlFlow` rather than its value.
pub(super) fn yields_flow(jumps: &Jumps) -> bool {
    !jumps.list.is_empty() || jumps.has_unknown_macros
}

/// The `async` block that runs the body.
pub(super) fn async_block(block: &Block) -> TokenStream {
    async_block_at(block, here())
}

/// The same, standing where the compiler is to show what is wrong with it as a whole.
pub(super) fn async_block_at(block: &Block, place: Span) -> TokenStream {
    let Body { value, is_awaited } = &block.body;
    let value = if *is_awaited {
        let at = here().located_at(value.span());
        quote_spanned!(at=> (#value).await)
    } else {
        value.to_token_stream()
    };
    if !yields_flow(&block.jumps) {
        return quote_spanned!(place=> async { #value });
    }
    // Moved in, because what the body only borrows would take room in the future.
    let leavings = block
        .jumps
        .list
        .iter()
        .filter(|jump| jump.kind.has_typed_payload())
        .map(|jump| {
            let (cfgs, leaving) = (&jump.cfgs, jump.leaving());
            quote_spanned!(here()=> #(#cfgs)* let #leaving = #leaving;)
        });
    // A `return` that another macro hides must not decide what the body yields.
    let hidden = block.jumps.has_unknown_macros.then(|| {
        let jump = if block.jumps.list.is_empty() {
            quote_spanned!(here()=> ::easynet::__private::ReturnHiddenInAMacro)
        } else {
            quote_spanned!(here()=> _)
        };
        quote_spanned!(here()=> if false { return ::easynet::__private::never::<#jump, _>(); })
    });
    // A `match`, whose arm can be told that it is nobody's fault if the body never ends.
    quote_spanned! {place=>
        async {
            #(#leavings)*
            #hidden
            match #value {
                #[allow(unreachable_code)]
                value => ::easynet::__private::ControlFlow::Continue(value),
            }
        }
    }
}

/// The whole: what comes before, the run, and where the jumps go.
pub(super) fn expand_block(
    jumps: &Jumps,
    before: &TokenStream,
    run: &TokenStream,
    errors: &Errors,
) -> TokenStream {
    if !yields_flow(jumps) {
        return quote_spanned!(here()=> { #errors #before #run.await });
    }
    let declared = jumps::declare(jumps);
    let arms = jumps::arms(jumps, Place::ALONE);
    quote_spanned! {here()=>
        {
            #errors
            #declared
            #before
            let outcome = #run.await;
            match ::easynet::__private::settle(outcome) {
                ::easynet::__private::ControlFlow::Continue(value) => value,
                #arms
            }
        }
    }
}
