//! How each block macro is written.
//!
//! A macro of the language is added here, in `model` and in `expand`; reading it needs nothing new.

/// How a block macro is written: `[first,] [|name|] body`.
pub(crate) struct Shape {
    /// What comes before the body, in words.
    pub(crate) first: Option<&'static str>,
    pub(crate) names: Names,
    /// What the name between the bars stands for, in words.
    pub(crate) noun: &'static str,
    /// The correct spelling, for messages.
    pub(crate) example: &'static str,
}

/// Whether a macro takes a name between bars.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    None,
    Optional,
    Required,
}

pub(crate) const TASK_GROUP: Shape = Shape {
    first: None,
    names: Names::Required,
    noun: "group",
    example: "task_group!(|group| { .. })",
};

pub(crate) const WITH_TIMEOUT: Shape = Shape {
    first: Some("delay"),
    names: Names::Optional,
    noun: "scope",
    example: "with_timeout!(5s, { .. })",
};

pub(crate) const WITH_DEADLINE: Shape = Shape {
    first: Some("instant"),
    names: Names::Optional,
    noun: "scope",
    example: "with_deadline!(instant, { .. })",
};

pub(crate) const MOVE_ON_AFTER: Shape = Shape {
    first: Some("delay"),
    names: Names::Optional,
    noun: "scope",
    example: "move_on_after!(5s, { .. })",
};

pub(crate) const MOVE_ON_AT: Shape = Shape {
    first: Some("instant"),
    names: Names::Optional,
    noun: "scope",
    example: "move_on_at!(instant, { .. })",
};

pub(crate) const CANCEL_SCOPE: Shape = Shape {
    first: None,
    names: Names::Required,
    noun: "scope",
    example: "cancel_scope!(|scope| { .. })",
};

pub(crate) const CATCH_CANCELLED: Shape = Shape {
    first: None,
    names: Names::None,
    noun: "catch",
    example: "catch_cancelled!({ .. })",
};

pub(crate) const SHIELD: Shape = Shape {
    first: None,
    names: Names::None,
    noun: "shield",
    example: "shield!({ .. })",
};
