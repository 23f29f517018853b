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

mod runner;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Pat;
use syn::spanned::Spanned;

pub(crate) use self::runner::runner;
use crate::errors::Errors;
use crate::jumps::{Jump, Jumps, Kind};
use crate::model::{Block, Group, Shield, Timed};
use crate::parse::Body;

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

pub(crate) fn with_timeout(timed: &Timed, errors: &Errors) -> TokenStream {
    expand_timed(timed, ["timeout", "timeout_in"], errors)
}

pub(crate) fn move_on_after(timed: &Timed, errors: &Errors) -> TokenStream {
    expand_timed(timed, ["move_on_after", "move_on_in"], errors)
}

/// A timeout: by a function that takes the delay, or if the body names the scope, one that takes the scope.
fn expand_timed(timed: &Timed, [plain, named]: [&str; 2], errors: &Errors) -> TokenStream {
    let Timed { delay, block } = timed;
    let body = async_block(block);
    let (before, run) = match &block.name {
        None => {
            let function = Ident::new(plain, here());
            (
                quote_spanned!(here()=> let delay: ::core::time::Duration = #delay;),
                quote_spanned!(here()=> ::easynet::__private::#function(delay, #body)),
            )
        }
        Some(name) => {
            let function = Ident::new(named, here());
            (
                quote_spanned! {here()=>
                    let delay: ::core::time::Duration = #delay;
                    let scope = ::easynet::__private::scope_after(delay);
                    let #name = &scope;
                },
                quote_spanned!(here()=> ::easynet::__private::#function(&scope, #body)),
            )
        }
    };
    expand_block(&block.jumps, &before, &run, errors)
}

pub(crate) fn shield(shield: &Shield, errors: &Errors) -> TokenStream {
    let body = async_block(&shield.block);
    let run = quote_spanned!(here()=> ::easynet::__private::shield(#body));
    expand_block(&shield.block.jumps, &TokenStream::new(), &run, errors)
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
        let carry = carry(&block.jumps);
        quote_spanned!(here()=> ::easynet::__private::run_group_with_jumps(group, #body, #carry))
    } else {
        quote_spanned!(here()=> ::easynet::__private::run_group(group, #body))
    };
    expand_block(&block.jumps, &before, &run, errors)
}

/// Whether the body yields a `ControlFlow` rather than its value.
fn yields_flow(jumps: &Jumps) -> bool {
    !jumps.list.is_empty() || jumps.has_unknown_macros
}

/// The `async` block that runs the body.
fn async_block(block: &Block) -> TokenStream {
    let Body { value, is_awaited } = &block.body;
    let value = if *is_awaited {
        let at = here().located_at(value.span());
        quote_spanned!(at=> (#value).await)
    } else {
        value.to_token_stream()
    };
    if !yields_flow(&block.jumps) {
        return quote_spanned!(here()=> async { #value });
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
    quote_spanned! {here()=>
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
fn expand_block(jumps: &Jumps, before: &TokenStream, run: &TokenStream, errors: &Errors) -> TokenStream {
    if !yields_flow(jumps) {
        return quote_spanned!(here()=> { #errors #before #run.await });
    }
    let arms: TokenStream = if jumps.list.is_empty() {
        quote_spanned!(here()=> ::easynet::__private::ControlFlow::Break(jump) => match jump {},)
    } else {
        jumps
            .list
            .iter()
            .map(|jump| arm(jumps, jump))
            .chain([never_arm(jumps)])
            .collect()
    };
    let declared = declare(jumps);
    let leavings = jumps
        .list
        .iter()
        .filter(|jump| jump.kind.has_typed_payload())
        .map(declare_leaving);
    quote_spanned! {here()=>
        {
            #errors
            #declared
            #(#leavings)*
            #before
            let outcome = #run.await;
            match ::easynet::__private::settle(outcome) {
                ::easynet::__private::ControlFlow::Continue(value) => value,
                #arms
            }
        }
    }
}

/// The enum.
fn declare(jumps: &Jumps) -> TokenStream {
    if jumps.list.is_empty() {
        return TokenStream::new();
    }
    let name = &jumps.name;
    let parameters = jumps
        .list
        .iter()
        .filter(|jump| jump.kind.has_payload())
        .map(|jump| {
            let Jump { cfgs, variant, .. } = jump;
            quote_spanned!(here()=> #(#cfgs)* #variant)
        });
    let variants = jumps.list.iter().map(|jump| {
        let Jump {
            cfgs, variant, kind, ..
        } = jump;
        let payload = kind.has_payload().then(|| quote_spanned!(here()=> (#variant)));
        quote_spanned!(here()=> #(#cfgs)* #variant #payload)
    });
    let never = may_be_empty(jumps).then(|| quote_spanned!(here()=> Never(::easynet::__private::Infallible)));
    quote_spanned!(here()=> enum #name<#(#parameters),*> { #(#variants,)* #never })
}

/// Whether every jump may be compiled out; then the enum has one more variant, so that its type is known.
fn may_be_empty(jumps: &Jumps) -> bool {
    jumps.list.iter().all(|jump| !jump.cfgs.is_empty())
}

fn never_arm(jumps: &Jumps) -> TokenStream {
    let name = &jumps.name;
    if !may_be_empty(jumps) {
        return TokenStream::new();
    }
    quote_spanned!(here()=> ::easynet::__private::ControlFlow::Break(#name::Never(never)) => match never {},)
}

/// What tells the body the type of a payload: the real jump, where control never comes.
fn declare_leaving(jump: &Jump) -> TokenStream {
    let (cfgs, leaving) = (&jump.cfgs, jump.leaving());
    // Where the jump is, so that the compiler shows a mistake in it once only.
    let at = here().located_at(jump.span);
    let never = real_jump(jump, &quote_spanned!(at=> #leaving.never()));
    quote_spanned! {here()=>
        #(#cfgs)*
        let #leaving = ::easynet::__private::Leaving::new();
        #(#cfgs)*
        if false { #never }
    }
}

/// Where a jump goes once the block has ended.
fn arm(jumps: &Jumps, jump: &Jump) -> TokenStream {
    let Jump {
        cfgs,
        variant,
        kind,
        span,
        ..
    } = jump;
    let name = &jumps.name;
    let payload = Ident::new("payload", here().located_at(*span));
    let pattern = kind.has_payload().then(|| quote_spanned!(here()=> (#payload)));
    let real = real_jump(jump, &payload.to_token_stream());
    quote_spanned! {here()=>
        #(#cfgs)*
        ::easynet::__private::ControlFlow::Break(#name::#variant #pattern) => #real,
    }
}

/// The jump as the user wrote it, with `payload` for its value.
fn real_jump(jump: &Jump, payload: &TokenStream) -> TokenStream {
    let at = here().located_at(jump.span);
    let payload = jump.kind.has_payload().then_some(payload);
    match &jump.kind {
        Kind::Question => {
            let question = syn::Token![?](jump.span);
            quote_spanned!(at=> match #payload #question {})
        }
        Kind::Return { .. } => quote_spanned!(at=> return #payload),
        Kind::Break { label, .. } => quote_spanned!(at=> break #label #payload),
        Kind::Continue { label } => quote_spanned!(at=> continue #label),
        Kind::Through { variant, has_value } => {
            let payload = has_value.then(|| quote_spanned!(at=> (#payload)));
            quote_spanned!(at=> return ::easynet::__private::ControlFlow::Break(#variant #payload))
        }
    }
}

/// The closure that finds the error in a jump, for the group to hold if a task failed as well.
fn carry(jumps: &Jumps) -> TokenStream {
    let name = &jumps.name;
    if jumps.list.is_empty() {
        return quote_spanned!(here()=> |_| ::core::option::Option::None);
    }
    let arms = jumps.list.iter().map(|jump| {
        let Jump {
            cfgs,
            variant,
            kind,
            may_fail,
            span,
        } = jump;
        let at = here().located_at(*span);
        match (kind.has_payload(), may_fail) {
            (true, true) => quote_spanned! {at=>
                #(#cfgs)* #name::#variant(payload) => (&&&carrier.hold(payload)).carry(),
            },
            (true, false) => {
                quote_spanned!(here()=> #(#cfgs)* #name::#variant(_) => ::core::option::Option::None,)
            }
            (false, _) => quote_spanned!(here()=> #(#cfgs)* #name::#variant => ::core::option::Option::None,),
        }
    });
    let never = may_be_empty(jumps).then(|| quote_spanned!(here()=> #name::Never(never) => match never {},));
    let traits = quote_spanned! {here()=>
        use ::easynet::__private::{CarryConverted as _, CarryLogged as _, CarryNothing as _};
    };
    quote_spanned! {here()=>
        |jump| {
            #traits
            let carrier = ::easynet::__private::Carrier::new();
            if false { return carrier.never(); }
            match jump { #(#arms)* #never }
        }
    }
}

#[cfg(test)]
mod tests;
