//! The enum of a body's jumps, and what becomes of its variants behind the block.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote_spanned};

use super::here;
use crate::jumps::{Jump, Jumps, Kind};

/// Which of several bodies it is: its patterns say so, as in `Which::Later(Which::This(jump))`.
#[derive(Clone, Copy)]
pub(super) struct Place {
    index: usize,
    count: usize,
}

impl Place {
    /// There is no other.
    pub(super) const ALONE: Self = Self { index: 0, count: 1 };

    /// The places of so many.
    pub(super) fn all(count: usize) -> impl Iterator<Item = Self> {
        (0..count).map(move |index| Self { index, count })
    }

    /// The pattern, or the expression, for what this one yields. The last has no others behind it.
    pub(super) fn wrap(self, inner: &TokenStream) -> TokenStream {
        let mut wrapped = if self.index + 1 < self.count {
            quote_spanned!(here()=> ::easynet::__private::Which::This(#inner))
        } else {
            inner.clone()
        };
        for _ in 0..self.index {
            wrapped = quote_spanned!(here()=> ::easynet::__private::Which::Later(#wrapped));
        }
        wrapped
    }
}

/// The enum, and what knows the types of its payloads.
pub(super) fn declare(jumps: &Jumps) -> TokenStream {
    let declared = declare_enum(jumps);
    let leavings = jumps
        .list
        .iter()
        .filter(|jump| jump.kind.has_typed_payload())
        .map(declare_leaving);
    quote_spanned!(here()=> #declared #(#leavings)*)
}

fn declare_enum(jumps: &Jumps) -> TokenStream {
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

/// Where the jumps go once the block has ended: the arms of a `match` for those that have left.
pub(super) fn arms(jumps: &Jumps, place: Place) -> TokenStream {
    if jumps.list.is_empty() {
        let jump = place.wrap(&quote_spanned!(here()=> jump));
        return quote_spanned!(here()=> ::easynet::__private::ControlFlow::Break(#jump) => match jump {},);
    }
    let never = may_be_empty(jumps).then(|| {
        let name = &jumps.name;
        let never = place.wrap(&quote_spanned!(here()=> #name::Never(never)));
        quote_spanned!(here()=> ::easynet::__private::ControlFlow::Break(#never) => match never {},)
    });
    jumps
        .list
        .iter()
        .map(|jump| arm(jumps, jump, place))
        .chain(never)
        .collect()
}

fn arm(jumps: &Jumps, jump: &Jump, place: Place) -> TokenStream {
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
    let pattern = place.wrap(&quote_spanned!(here()=> #name::#variant #pattern));
    let real = real_jump(jump, &payload.to_token_stream());
    quote_spanned! {here()=>
        #(#cfgs)*
        ::easynet::__private::ControlFlow::Break(#pattern) => #real,
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
pub(super) fn carry<'a>(bodies: impl Iterator<Item = (&'a Jumps, Place)>) -> TokenStream {
    let arms: TokenStream = bodies.map(|(jumps, place)| carrying_arms(jumps, place)).collect();
    if arms.is_empty() {
        return quote_spanned!(here()=> |_| ::core::option::Option::None);
    }
    let traits = quote_spanned! {here()=>
        use ::easynet::__private::{CarryConverted as _, CarryLogged as _, CarryNothing as _};
    };
    quote_spanned! {here()=>
        |jump| {
            #traits
            let carrier = ::easynet::__private::Carrier::new();
            if false { return carrier.never(); }
            match jump { #arms }
        }
    }
}

fn carrying_arms(jumps: &Jumps, place: Place) -> TokenStream {
    let name = &jumps.name;
    if jumps.list.is_empty() {
        return TokenStream::new();
    }
    let never = may_be_empty(jumps).then(|| {
        let never = place.wrap(&quote_spanned!(here()=> #name::Never(never)));
        quote_spanned!(here()=> #never => match never {},)
    });
    let arms = jumps.list.iter().map(|jump| {
        let Jump {
            cfgs,
            variant,
            kind,
            may_fail,
            span,
        } = jump;
        let at = here().located_at(*span);
        let payload = kind.has_payload().then(|| match may_fail {
            true => quote_spanned!(at=> (payload)),
            false => quote_spanned!(here()=> (_)),
        });
        let pattern = place.wrap(&quote_spanned!(here()=> #name::#variant #payload));
        let carried = if kind.has_payload() && *may_fail {
            quote_spanned!(at=> (&&&carrier.hold(payload)).carry())
        } else {
            quote_spanned!(here()=> ::core::option::Option::None)
        };
        quote_spanned!(here()=> #(#cfgs)* #pattern => #carried,)
    });
    quote_spanned!(here()=> #(#arms)* #never)
}
