//! The fields of an order: checked while they are written, and told what the server thinks of them.

use leptos::ev::Event;

use crate::restaurant::form::{self, Fault, Field, Texts};
use crate::restaurant::model::Ordered;
use crate::ui::signal::RwSignal;
use crate::ui::{El, Words, template};

/// The three fields of a form.
#[derive(Clone)]
pub(super) struct Fields {
    inputs: [El; 3],
    faults: RwSignal<[Words; 3]>,
}

impl Fields {
    /// Puts them into a form, holding this; the prefix tells their ids from those of other forms.
    pub(super) fn put(form: &El, prefix: &str, ordered: &Ordered) -> Self {
        let place = template("order-fields");
        let faults = RwSignal::new([const { Words::Borrowed("") }; 3]);
        let texts = form::texts(ordered);
        let inputs = Field::ALL.map(|field| {
            let at = field as usize;
            let id = [prefix, field.key()].concat();
            let _ = place
                .find(&["[data-error=", field.key(), "]"].concat())
                .set("id", &id)
                .live(move || faults.with(|faults| faults[at].clone()));
            let input = place.find(&["[name=", field.key(), "]"].concat());
            input.write(&texts[at]);
            let typed = input.clone();
            input
                .set("aria-describedby", &id)
                .flag("aria-invalid", move || {
                    faults.with(|faults| !faults[at].is_empty())
                })
                .on("input", move |_: Event| {
                    tell(faults, field, field.fault(&typed.value()).into());
                })
        });
        let _ = form
            .raw()
            .insert_before(place.raw(), form.raw().first_child().as_ref());
        Self { inputs, faults }
    }

    /// What they say; where something is wrong it is told, and the focus led there.
    pub(super) fn read(&self) -> Option<Ordered> {
        let texts: Texts = self.inputs.each_ref().map(El::value);
        for (field, text) in Field::ALL.into_iter().zip(&texts).rev() {
            let fault = field.fault(text);
            tell(self.faults, field, fault.into());
            if !fault.is_empty() {
                self.lead(field);
            }
        }
        form::read(&texts)
    }

    /// Whether they hold this.
    pub(super) fn holds(&self, ordered: &Ordered) -> bool {
        let texts: Texts = self.inputs.each_ref().map(El::value);
        form::read(&texts).as_ref() == Some(ordered)
    }

    /// They hold this, and nothing is known to be wrong with it.
    pub(super) fn write(&self, ordered: &Ordered) {
        self.faults.set([const { Words::Borrowed("") }; 3]);
        for (input, text) in self.inputs.iter().zip(form::texts(ordered)) {
            input.write(&text);
        }
    }

    /// Tells a fault at its field; gives back what is about none of them.
    pub(super) fn refuse(&self, fault: &Fault) -> Words {
        match fault.field {
            Some(field) => {
                tell(self.faults, field, fault.why.clone().into());
                self.lead(field);
                "".into()
            }
            None => fault.why.clone().into(),
        }
    }

    /// Gives the focus to a field.
    pub(super) fn lead(&self, field: Field) {
        self.inputs[field as usize].focus();
    }
}

fn tell(faults: RwSignal<[Words; 3]>, field: Field, fault: Words) {
    faults.maybe_update(|faults| {
        let place = &mut faults[field as usize];
        let is_another = *place != fault;
        *place = fault;
        is_another
    });
}
