//! The values of task-locals, as a task sees them.
//!
//! A list that only grows at its head: a task started here shares the list as it is, and what either adds
//! later the other does not see.

use std::{any::Any, sync::Arc};

pub(crate) struct Locals {
    key: usize,
    value: Arc<dyn Any + Send + Sync>,
    rest: Option<Arc<Locals>>,
}

impl Locals {
    pub(crate) fn with(
        rest: Option<Arc<Locals>>,
        key: usize,
        value: Arc<dyn Any + Send + Sync>,
    ) -> Arc<Self> {
        Arc::new(Self { key, value, rest })
    }

    pub(crate) fn find(&self, key: usize) -> Option<Arc<dyn Any + Send + Sync>> {
        let mut at = Some(self);
        while let Some(locals) = at {
            if locals.key == key {
                return Some(locals.value.clone());
            }
            at = locals.rest.as_deref();
        }
        None
    }
}
