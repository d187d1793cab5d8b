//! A native program has no page: it is online, visible, and can be put to sleep.

use futures::StreamExt;
use futures::stream::BoxStream;

use crate::life::{Life, wakes};

pub(crate) type BoxedEvents = BoxStream<'static, Life>;

pub(crate) fn events() -> BoxedEvents {
    wakes().boxed()
}

pub(crate) const fn is_online() -> bool {
    true
}

pub(crate) const fn is_visible() -> bool {
    true
}
