//! Elements that follow signals.
//!
//! Leptos' signals, owners and effects, without its typed views: `view!` makes a type of every tree of elements and the
//! compiler code for each, which for this page came to twice what everything else weighs together with it. An [`El`] is
//! one type. It is built once; what changes later is bound: texts, attributes, a [slot](El::slot), a [list](El::list).
//! Everything bound lives as long as the reactive owner it was made under.

use std::any::Any;
use std::borrow::Cow;
use std::cmp::Ordering;

use crate::ui::signal::{Compared, ReadSignal, Untyped};
use leptos::prelude::*;
use leptos::web_sys::{self, Element, Event};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, throw_val};

/// A text that may be known beforehand.
pub type Words = Cow<'static, str>;

/// An element.
#[derive(Debug, Clone)]
pub struct El(Element);

/// An HTML element.
#[must_use]
pub fn el(tag: &str) -> El {
    // Fails only for what is no name.
    El(document()
        .create_element(tag)
        .unwrap_or_else(|error| throw_val(error)))
}

/// An SVG element.
#[must_use]
pub fn svg(tag: &str) -> El {
    let made = document().create_element_ns(Some("http://www.w3.org/2000/svg"), tag);
    El(made.unwrap_or_else(|error| throw_val(error)))
}

/// Runs as soon as what runs now has ended, and whenever a signal that it read has changed, for as long as the current
/// owner lives.
pub fn effect(run: impl FnMut() + 'static) {
    let mut run: Box<dyn FnMut()> = Box::new(run);
    Effect::new(move |_| run());
}

impl El {
    /// The browser's element.
    #[must_use]
    pub fn raw(&self) -> &Element {
        &self.0
    }

    /// The first element within that matches a selector, or one that nobody sees.
    #[must_use]
    pub fn find(&self, selector: &str) -> Self {
        let found = self.0.query_selector(selector).ok().flatten();
        found.map_or_else(|| el("i"), Self)
    }

    /// How far it begins from the left edge of what it is placed in, in pixels.
    #[must_use]
    pub fn left(&self) -> i32 {
        let element: &web_sys::HtmlElement = self.0.unchecked_ref();
        element.offset_left()
    }

    /// Sets a custom property of its style.
    pub fn style(&self, name: &str, value: &str) {
        let element: &web_sys::HtmlElement = self.0.unchecked_ref();
        // Fails only for what is no name.
        let _ = element.style().set_property(name, value);
    }

    /// What somebody has written into it or chosen, if it is an input or a select.
    #[must_use]
    pub fn value(&self) -> String {
        let input: &web_sys::HtmlInputElement = self.0.unchecked_ref();
        input.value()
    }

    /// Writes into it, if it is an input; chooses that, if it is a select.
    pub fn write(&self, value: &str) {
        let input: &web_sys::HtmlInputElement = self.0.unchecked_ref();
        input.set_value(value);
    }

    /// Gives it the focus, and brings it in sight.
    pub fn focus(&self) {
        let element: &web_sys::HtmlElement = self.0.unchecked_ref();
        // Fails on nothing that is there.
        let _ = element.focus();
    }

    /// With an attribute.
    #[must_use]
    pub fn set(self, name: &str, value: &str) -> Self {
        // Fails only for what is no name.
        let _ = self.0.set_attribute(name, value);
        self
    }

    /// With classes.
    #[must_use]
    pub fn class(self, names: &str) -> Self {
        self.set("class", names)
    }

    /// With an attribute that changes.
    #[must_use]
    pub fn bind<T: Into<Words>>(
        self,
        name: &'static str,
        mut read: impl FnMut() -> T + 'static,
    ) -> Self {
        self.follow(Place::Attribute(name), Box::new(move || read().into()))
    }

    /// With an attribute that says whether something is so, `true` or `false`.
    #[must_use]
    pub fn flag(self, name: &'static str, is: impl FnMut() -> bool + 'static) -> Self {
        self.says(name, Box::new(is))
    }

    fn says(self, name: &'static str, mut is: Box<dyn FnMut() -> bool>) -> Self {
        self.bind(name, move || if is() { "true" } else { "false" })
    }

    /// With a custom property of its style that changes.
    #[must_use]
    pub fn bind_style<T: Into<Words>>(
        self,
        name: &'static str,
        mut read: impl FnMut() -> T + 'static,
    ) -> Self {
        self.follow(Place::Style(name), Box::new(move || read().into()))
    }

    /// With a text at its end.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        let _ = self.0.append_with_str_1(text);
        self
    }

    /// With a text at its end that changes.
    #[must_use]
    pub fn live<T: Into<Words>>(self, mut read: impl FnMut() -> T + 'static) -> Self {
        let text = document().create_text_node("");
        let _ = self.0.append_child(&text);
        self.follow(Place::Text(text), Box::new(move || read().into()))
    }

    /// With a child at its end.
    #[must_use]
    pub fn child(self, child: Self) -> Self {
        let _ = self.0.append_child(&child.0);
        self
    }

    /// With children at its end.
    #[must_use]
    pub fn children(self, children: impl IntoIterator<Item = Self>) -> Self {
        children.into_iter().fold(self, Self::child)
    }

    /// With something at its end that comes, changes and goes. It is made anew whenever what `make` reads has changed.
    #[must_use]
    pub fn slot(self, make: impl FnMut() -> Option<Self> + 'static) -> Self {
        let mut make: Box<dyn FnMut() -> Option<Self>> = Box::new(make);
        let end = document().create_text_node("");
        let _ = self.0.append_child(&end);
        let parent = self.0.clone();
        let mut shown = None::<Self>;
        effect(move || {
            let made = make();
            if let Some(gone) = shown.take() {
                gone.0.remove();
            }
            if let Some(made) = &made {
                let _ = parent.insert_before(&made.0, Some(&end));
            }
            shown = made;
        });
        self
    }

    /// With a child for each item. Keys come in falling order, each once; a key that stays keeps its child, which is told
    /// the item's new value if it is another.
    ///
    /// One effect looks at all items and wakes only the children whose item changed: that children look for themselves
    /// costs some twenty wake-ups a child and frame. What a child shows belongs into its item: a signal that outlives the
    /// child keeps a note of whoever read it until it changes.
    #[must_use]
    pub fn list<K: Ord + 'static, V: PartialEq + Send + Sync + 'static>(
        self,
        items: impl FnMut() -> Vec<(K, V)> + 'static,
        make: impl Fn(&K, ReadSignal<V>) -> Self + 'static,
    ) -> Self {
        let mut items = items;
        let items = move || {
            let items = items().into_iter();
            let items = items.map(|(key, value)| Item(Box::new(key), Compared::new(value)));
            items.collect()
        };
        let make = move |key: &dyn Any, value: Untyped| match key.downcast_ref() {
            Some(key) => make(key, value.read()),
            // Keys of another type there are none.
            None => el("i"),
        };
        let order = |one: &dyn Any, other: &dyn Any| {
            one.downcast_ref::<K>().cmp(&other.downcast_ref::<K>())
        };
        self.keep(Box::new(items), Box::new(make), order);
        self
    }

    /// [`list`](Self::list), whatever its items are: generated once.
    fn keep(&self, mut items: Box<dyn FnMut() -> Vec<Item>>, make: Make, order: Order) {
        let owner = Owner::current().unwrap_or_default();
        let parent = self.0.clone();
        let mut shown: Vec<Child> = Vec::new();
        // An owner keeps a note of every child it ever had: those of children that have gone serve again.
        let mut spare: Vec<Owner> = Vec::new();
        effect(move || {
            let items = items();
            shown.retain(|child| {
                // Both fall.
                let stays = items
                    .binary_search_by(|Item(key, _)| order(&*child.key, &**key))
                    .is_ok();
                if !stays {
                    child.element.0.remove();
                    child.owner.cleanup();
                    spare.push(child.owner.clone());
                }
                stays
            });
            // What is left is among the items, in their order.
            for (at, Item(key, value)) in items.into_iter().enumerate() {
                match shown
                    .get(at)
                    .filter(|child| order(&*child.key, &*key).is_eq())
                {
                    Some(child) => child.value.tell(value),
                    None => {
                        let owner = spare.pop().unwrap_or_else(|| owner.child());
                        let (element, value) = owner.with(|| {
                            let value = Untyped::new(value);
                            (make(&*key, value), value)
                        });
                        let next = shown.get(at).map(|next| next.element.0.as_ref());
                        let _ = parent.insert_before(&element.0, next);
                        shown.insert(
                            at,
                            Child {
                                key,
                                element,
                                value,
                                owner,
                            },
                        );
                    }
                }
            }
        });
    }

    /// With a listener, for as long as the element lives.
    #[must_use]
    pub fn on<E: AsRef<Event> + wasm_bindgen::JsCast + 'static>(
        self,
        event: &str,
        mut happened: impl FnMut(E) + 'static,
    ) -> Self {
        let happened: Box<dyn FnMut(Event)> =
            Box::new(move |event: Event| happened(event.unchecked_into()));
        // The browser frees it with the element.
        let happened = Closure::wrap(happened).into_js_value();
        let _ = self
            .0
            .add_event_listener_with_callback(event, happened.unchecked_ref());
        self
    }

    fn follow(self, mut place: Place, mut read: Box<dyn FnMut() -> Words>) -> Self {
        let element = self.0.clone();
        let mut shown = None;
        effect(move || {
            let words = read();
            if shown.as_ref() != Some(&words) {
                place.show(&element, &words);
                shown = Some(words);
            }
        });
        self
    }
}

/// An item of a [list](El::list): key and value.
struct Item(Box<dyn Any>, Compared);

/// Makes the child of an item.
type Make = Box<dyn Fn(&dyn Any, Untyped) -> El>;
type Order = fn(&dyn Any, &dyn Any) -> Ordering;

/// A child of a [list](El::list).
struct Child {
    key: Box<dyn Any>,
    element: El,
    value: Untyped,
    owner: Owner,
}

/// What follows a signal.
enum Place {
    Attribute(&'static str),
    Style(&'static str),
    Text(web_sys::Text),
}

impl Place {
    fn show(&mut self, element: &Element, words: &str) {
        match self {
            Self::Text(text) => text.set_data(words),
            // Fail only for what is no name.
            Self::Attribute(name) => drop(element.set_attribute(name, words)),
            Self::Style(name) => {
                let element: &web_sys::HtmlElement = element.unchecked_ref();
                drop(element.style().set_property(name, words));
            }
        }
    }
}
