//! Signals and memos as the views use them: Leptos' own, with their values' types forgotten.
//!
//! Leptos generates its graph's code for the type of every signal and every memo: two kilobytes each in the page, and
//! there are dozens. Here it is generated once, for boxes; what knows a type only looks into its box.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;

use leptos::prelude::{
    Track as _, Update as _, UpdateUntracked as _, With as _, WithUntracked as _,
};
use leptos::reactive::{computed, signal};
use wasm_bindgen::throw_str;

/// A value whose type is forgotten.
type Held = Box<dyn Any + Send + Sync>;

/// A signal that can be read and written.
pub struct RwSignal<T>(signal::RwSignal<Held>, PhantomData<fn() -> T>);

/// A signal, from its readers' side.
pub struct ReadSignal<T>(RwSignal<T>);

/// A signal, from its writers' side.
pub struct WriteSignal<T>(RwSignal<T>);

/// A value that follows from signals; who reads it is told only if it has become another.
pub struct Memo<T>(computed::Memo<Compared>, PhantomData<fn() -> T>);

/// A signal's two sides.
#[must_use]
pub fn signal<T: Send + Sync + 'static>(value: T) -> (ReadSignal<T>, WriteSignal<T>) {
    let signal = RwSignal::new(value);
    (ReadSignal(signal), WriteSignal(signal))
}

/// What is in a box: whoever made the signal put it there.
fn held<T: 'static>(held: &Held) -> &T {
    match held.downcast_ref() {
        Some(value) => value,
        None => throw_str("a signal holds another type"),
    }
}

fn held_mut<T: 'static>(held: &mut Held) -> &mut T {
    match held.downcast_mut() {
        Some(value) => value,
        None => throw_str("a signal holds another type"),
    }
}

impl<T: Send + Sync + 'static> RwSignal<T> {
    /// A signal of this value, for as long as the current owner lives.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(signal::RwSignal::new(Box::new(value)), PhantomData)
    }

    /// The side of its readers.
    #[must_use]
    pub const fn read_only(&self) -> ReadSignal<T> {
        ReadSignal(*self)
    }

    /// Reads it; whoever runs this runs anew when it has changed.
    pub fn with<U>(&self, read: impl FnOnce(&T) -> U) -> U {
        self.0.with(|value| read(held(value)))
    }

    /// Reads it once.
    pub fn with_untracked<U>(&self, read: impl FnOnce(&T) -> U) -> U {
        self.0.with_untracked(|value| read(held(value)))
    }

    /// A copy of its value, as [`with`](Self::with) reads it.
    #[must_use]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// A copy of its value, read once.
    #[must_use]
    pub fn get_untracked(&self) -> T
    where
        T: Clone,
    {
        self.with_untracked(T::clone)
    }

    /// Whoever runs this runs anew when it has changed.
    pub fn track(&self) {
        self.0.track();
    }

    /// Another value.
    pub fn set(&self, value: T) {
        self.update(|old| *old = value);
    }

    /// Another value; gives it back if the signal has gone with its owner.
    pub fn try_set(&self, value: T) -> Option<T> {
        let mut value = Some(value);
        self.try_update(|old| {
            if let Some(value) = value.take() {
                *old = value;
            }
        });
        value
    }

    /// Changes it.
    pub fn update(&self, change: impl FnOnce(&mut T)) {
        self.0.update(|value| change(held_mut(value)));
    }

    /// Changes it, unless it has gone with its owner.
    pub fn try_update<U>(&self, change: impl FnOnce(&mut T) -> U) -> Option<U> {
        self.0.try_update(|value| change(held_mut(value)))
    }

    /// Changes it, and says whether anybody is to be told.
    pub fn maybe_update(&self, change: impl FnOnce(&mut T) -> bool) {
        self.0.maybe_update(|value| change(held_mut(value)));
    }

    /// Changes it unless it has gone, and says whether anybody is to be told, and something else.
    pub fn try_maybe_update<U>(&self, change: impl FnOnce(&mut T) -> (bool, U)) -> Option<U> {
        self.0.try_maybe_update(|value| change(held_mut(value)))
    }

    /// Reads it once, unless it has gone with its owner.
    pub fn try_with_untracked<U>(&self, read: impl FnOnce(&T) -> U) -> Option<U> {
        self.0.try_with_untracked(|value| read(held(value)))
    }

    /// Changes it unless it has gone, and tells nobody.
    pub fn try_update_untracked<U>(&self, change: impl FnOnce(&mut T) -> U) -> Option<U> {
        self.0.try_update_untracked(|value| change(held_mut(value)))
    }

    /// Changes it, and tells nobody.
    pub fn update_untracked<U>(&self, change: impl FnOnce(&mut T) -> U) -> U {
        self.0.update_untracked(|value| change(held_mut(value)))
    }
}

impl<T: Send + Sync + 'static> ReadSignal<T> {
    /// See [`RwSignal::with`].
    pub fn with<U>(&self, read: impl FnOnce(&T) -> U) -> U {
        self.0.with(read)
    }

    /// See [`RwSignal::with_untracked`].
    pub fn with_untracked<U>(&self, read: impl FnOnce(&T) -> U) -> U {
        self.0.with_untracked(read)
    }

    /// See [`RwSignal::get`].
    #[must_use]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.0.get()
    }

    /// See [`RwSignal::get_untracked`].
    #[must_use]
    pub fn get_untracked(&self) -> T
    where
        T: Clone,
    {
        self.0.get_untracked()
    }

    /// See [`RwSignal::track`].
    pub fn track(&self) {
        self.0.track();
    }
}

impl<T: Send + Sync + 'static> WriteSignal<T> {
    /// See [`RwSignal::set`].
    pub fn set(&self, value: T) {
        self.0.set(value);
    }

    /// See [`RwSignal::try_set`].
    pub fn try_set(&self, value: T) -> Option<T> {
        self.0.try_set(value)
    }

    /// See [`RwSignal::update`].
    pub fn update(&self, change: impl FnOnce(&mut T)) {
        self.0.update(change);
    }

    /// See [`RwSignal::try_update`].
    pub fn try_update<U>(&self, change: impl FnOnce(&mut T) -> U) -> Option<U> {
        self.0.try_update(change)
    }
}

/// A value whose type is forgotten, and how two of them compare.
pub(super) struct Compared(Held, fn(&Held, &Held) -> bool);

impl Compared {
    pub(super) fn new<T: PartialEq + Send + Sync + 'static>(value: T) -> Self {
        let same = |one: &Held, other: &Held| held::<T>(one) == held::<T>(other);
        Self(Box::new(value), same)
    }
}

/// A signal of such a value.
#[derive(Clone, Copy)]
pub(super) struct Untyped(signal::RwSignal<Held>);

impl Untyped {
    pub(super) fn new(value: Compared) -> Self {
        Self(signal::RwSignal::new(value.0))
    }

    /// For whoever knows its type.
    pub(super) const fn read<T>(self) -> ReadSignal<T> {
        ReadSignal(RwSignal(self.0, PhantomData))
    }

    /// Its value is this now: whoever reads it is told if that is another.
    pub(super) fn tell(self, Compared(value, same): Compared) {
        self.0.maybe_update(|old| {
            let is_another = !same(old, &value);
            if is_another {
                *old = value;
            }
            is_another
        });
    }
}

impl PartialEq for Compared {
    fn eq(&self, other: &Self) -> bool {
        (self.1)(&self.0, &other.0)
    }
}

impl<T: PartialEq + Send + Sync + 'static> Memo<T> {
    /// A memo, for as long as the current owner lives. It is handed what it was before.
    #[must_use]
    pub fn new(follow: impl Fn(Option<&T>) -> T + Send + Sync + 'static) -> Self {
        let follow = move |before: Option<&Compared>| {
            let before = before.map(|Compared(value, _)| held(value));
            Compared::new(follow(before))
        };
        Self(memo(Box::new(follow)), PhantomData)
    }

    /// See [`RwSignal::with`].
    pub fn with<U>(&self, read: impl FnOnce(&T) -> U) -> U {
        self.0.with(|Compared(value, _)| read(held(value)))
    }

    /// See [`RwSignal::with_untracked`].
    pub fn with_untracked<U>(&self, read: impl FnOnce(&T) -> U) -> U {
        self.0
            .with_untracked(|Compared(value, _)| read(held(value)))
    }

    /// See [`RwSignal::get`].
    #[must_use]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// See [`RwSignal::get_untracked`].
    #[must_use]
    pub fn get_untracked(&self) -> T
    where
        T: Clone,
    {
        self.with_untracked(T::clone)
    }

    /// See [`RwSignal::track`].
    pub fn track(&self) {
        self.0.track();
    }
}

type Follow = Box<dyn Fn(Option<&Compared>) -> Compared + Send + Sync>;

/// In one place, so that it is generated once.
fn memo(follow: Follow) -> computed::Memo<Compared> {
    computed::Memo::new(follow)
}

/// Has something read by what is handed a reader that may be called again, and so is generated once, however many read
/// by it.
pub fn once<V, T: Default>(by: impl FnOnce(&mut dyn FnMut(&V)), read: impl FnOnce(&V) -> T) -> T {
    let (mut read, mut told) = (Some(read), T::default());
    by(&mut |value| {
        if let Some(read) = read.take() {
            told = read(value);
        }
    });
    told
}

// By hand: the values need not be what the signals are.
macro_rules! handles {
    ($($handle:ident),*) => {$(
        impl<T> Clone for $handle<T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T> Copy for $handle<T> {}

        impl<T> fmt::Debug for $handle<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($handle))
            }
        }
    )*};
}

handles!(RwSignal, ReadSignal, WriteSignal, Memo);
