//! Rows whose type is forgotten. What keeps a view without gaps (`drive`, `gapless`, `notices`, `window`) is generated
//! once in the page and not for each kind of row: it weighs twenty kilobytes before compression each time.
//!
//! A source's rows, keys, positions and patches go in behind pointers, and what is shown comes out as what it was.

use std::any::Any as Type;
use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use futures::channel::mpsc::UnboundedReceiver;
use futures::stream::{self, Stream, StreamExt as _};
use net::{MaybeSend, UnixTime};

use super::gapless::{Incoming, View};
use super::window::{Change, Notice, Patch, Revision, Row};

/// What a subscription says, its rows forgotten. `Send` where tasks wander between threads.
#[cfg(not(target_arch = "wasm32"))]
pub(super) type Told = Pin<Box<dyn Stream<Item = Incoming<Any>> + Send>>;
#[cfg(target_arch = "wasm32")]
pub(super) type Told = Pin<Box<dyn Stream<Item = Incoming<Any>>>>;

/// What a subscription says of rows of this kind, whatever stream says it.
pub struct Changes<R> {
    told: Told,
    rows: PhantomData<fn() -> R>,
}

impl<R: Kept> Changes<R> {
    /// Of a stream that knows its rows.
    pub fn new(told: impl Stream<Item = Incoming<R>> + MaybeSend + 'static) -> Self {
        Self::forgotten(told.map(forget))
    }

    /// Of a stream whose rows were of this kind.
    pub(crate) fn forgotten(told: impl Stream<Item = Incoming<Any>> + MaybeSend + 'static) -> Self {
        Self {
            told: Box::pin(told),
            rows: PhantomData,
        }
    }

    /// The same, and what the page itself knows: what its reader wants more of, and what it was answered.
    #[must_use]
    pub fn beside(self, here: Option<UnboundedReceiver<Incoming<Any>>>) -> Self {
        let (mut told, mut here) = (self.told, here);
        Self::forgotten(stream::poll_fn(move |context| {
            if let Some(here) = &mut here
                && let Poll::Ready(Some(known)) = here.poll_next_unpin(context)
            {
                return Poll::Ready(Some(known));
            }
            told.as_mut().poll_next(context)
        }))
    }

    pub(super) fn told(self) -> Told {
        self.told
    }
}

/// What the row of a view can be: it is kept behind a pointer, and shown from signals.
pub trait Kept: Row<Key: Ord + Whole, Position: Whole, Patch: Whole> + Whole {}
impl<R: Row<Key: Ord + Whole, Position: Whole, Patch: Whole> + Whole> Kept for R {}

/// Whatever may be kept behind a pointer. Without `Debug`: a pointer brings all that its trait asks for into the page,
/// whether it is called or not.
pub trait Whole: Type + Send + Sync {}
impl<T: Type + Send + Sync> Whole for T {}

/// A row of any kind.
#[derive(Clone)]
pub struct Any {
    row: Arc<dyn Behind>,
    key: Name,
    position: Name,
}

/// A key or a position of any kind.
#[derive(Clone)]
pub struct Name(Arc<dyn Named>);

/// A patch of any kind.
#[derive(Clone)]
pub struct Part(Arc<dyn Applied>);

/// What is behind a row.
trait Behind: Whole {
    fn revision(&self) -> Revision;
    fn expires(&self) -> Option<UnixTime>;
    fn absorbed(&self, other: &dyn Type) -> Option<Arc<dyn Behind>>;
    fn is(&self, other: &dyn Type) -> bool;
}

/// What is behind a key or a position.
trait Named: Whole {
    fn order(&self, other: &dyn Type) -> Option<Ordering>;
}

/// What is behind a patch.
trait Applied: Whole {
    fn apply(&self, revision: Revision, before: &dyn Type) -> Option<Any>;
    fn is(&self, other: &dyn Type) -> bool;
}

impl<R: Kept> Behind for R {
    fn revision(&self) -> Revision {
        Row::revision(self)
    }

    fn expires(&self) -> Option<UnixTime> {
        Row::expires(self)
    }

    fn absorbed(&self, other: &dyn Type) -> Option<Arc<dyn Behind>> {
        let (mut row, other) = (self.clone(), other.downcast_ref()?);
        row.absorb(other).then(|| Arc::new(row) as _)
    }

    fn is(&self, other: &dyn Type) -> bool {
        other.downcast_ref() == Some(self)
    }
}

impl<T: Ord + Whole> Named for T {
    fn order(&self, other: &dyn Type) -> Option<Ordering> {
        Some(self.cmp(other.downcast_ref()?))
    }
}

/// A patch that knows of which rows it tells.
struct Of<R: Row>(R::Patch);

impl<R: Kept> Applied for Of<R> {
    fn apply(&self, revision: Revision, before: &dyn Type) -> Option<Any> {
        Some(Any::new(
            self.0.apply(revision, before.downcast_ref::<R>()?),
        ))
    }

    fn is(&self, other: &dyn Type) -> bool {
        other
            .downcast_ref::<Self>()
            .is_some_and(|other| other.0 == self.0)
    }
}

impl Any {
    pub(super) fn new<R: Kept>(row: R) -> Self {
        let (key, position) = (Name::new(row.key().clone()), Name::new(row.position()));
        Self {
            row: Arc::new(row),
            key,
            position,
        }
    }

    /// What it was.
    fn back<R: Kept>(&self) -> Option<Arc<R>> {
        let row: Arc<dyn Type + Send + Sync> = self.row.clone();
        row.downcast().ok()
    }
}

impl Name {
    fn new(name: impl Ord + Whole) -> Self {
        Self(Arc::new(name))
    }

    /// What it was.
    pub(super) fn back<T: Clone + Whole>(&self) -> Option<T> {
        let name: &dyn Type = &*self.0;
        name.downcast_ref().cloned()
    }
}

impl Row for Any {
    type Key = Name;
    type Position = Name;
    type Patch = Part;

    fn key(&self) -> &Name {
        &self.key
    }

    fn position(&self) -> Name {
        self.position.clone()
    }

    fn revision(&self) -> Revision {
        self.row.revision()
    }

    fn expires(&self) -> Option<UnixTime> {
        self.row.expires()
    }

    fn absorb(&mut self, other: &Self) -> bool {
        let richer = self.row.absorbed(&*other.row);
        let took = richer.is_some();
        if let Some(row) = richer {
            self.row = row;
        }
        took
    }
}

impl PartialEq for Any {
    fn eq(&self, other: &Self) -> bool {
        self.row.is(&*other.row)
    }
}

impl fmt::Debug for Any {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Any")
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Name")
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Part")
    }
}

// Rows of two kinds never meet in one view.
impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.order(&*other.0).unwrap_or(Ordering::Less)
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Name {}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        self.0.is(&*other.0)
    }
}

impl Patch<Any> for Part {
    fn apply(&self, revision: Revision, before: &Any) -> Any {
        let told = self.0.apply(revision, &*before.row);
        told.unwrap_or_else(|| before.clone())
    }
}

/// What happened to a row, its kind forgotten.
pub(crate) fn change<R: Kept>(change: Change<R>) -> Change<Any> {
    match change {
        Change::Put(row) => Change::Put(Any::new(row)),
        Change::Delete { key, revision } => {
            let key = Name::new(key);
            Change::Delete { key, revision }
        }
    }
}

/// What a subscription says, its rows forgotten.
pub(super) fn forget<R: Kept>(incoming: Incoming<R>) -> Incoming<Any> {
    match incoming {
        Incoming::Change(told) => Incoming::Change(change(told)),
        Incoming::Notice(notice) => Incoming::Notice(Notice {
            key: Name::new(notice.key),
            revision: notice.revision,
            patch: Part(Arc::new(Of::<R>(notice.patch))),
        }),
        Incoming::Link(link) => Incoming::Link(link),
        Incoming::Hint => Incoming::Hint,
        Incoming::Widen(rows) => Incoming::Widen(rows),
    }
}

/// Has a view show what another does, its rows what they were.
pub(super) fn remember<R: Kept>(view: &View<Any>, shown: &mut View<R>) {
    let window = &view.window;
    shown.window.show(window, Any::back, Name::back);
    shown.link.clone_from(&view.link);
    shown.loaded = view.loaded;
    shown.changes = view.changes;
    shown.reached = view.reached;
    shown.refused = view.refused;
}
