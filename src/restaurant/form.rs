//! An order while it is being written: what is typed, and what is wrong with it. The rules are the server's. Pure.

use super::model::Ordered;

/// As many characters (Unicode scalar values) as a name or a restaurant may have.
const LONGEST: usize = 200;

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// [`Ordered::name`].
    Name,
    /// [`Ordered::quantity`].
    Quantity,
    /// [`Ordered::restaurant`].
    Restaurant,
}

impl Field {
    /// All of them, in the form's order.
    pub const ALL: [Self; 3] = [Self::Name, Self::Quantity, Self::Restaurant];

    /// Its name in requests and answers.
    #[must_use]
    pub const fn key(self) -> &'static str {
        ["name", "quantity", "restaurantId"][self as usize]
    }

    /// What is wrong with what stands in it, in words; nothing if it will do.
    #[must_use]
    pub fn fault(self, text: &str) -> &'static str {
        let text = text.trim();
        match (self, text.chars().count()) {
            (Self::Name, 0) => "Say what you would like.",
            (Self::Restaurant, 0) => "Say which restaurant.",
            (Self::Quantity, _) if quantity(text).is_none() => "A whole number from 1 to 100.",
            (Self::Name | Self::Restaurant, length) if length > LONGEST => {
                "At most 200 characters."
            }
            _ => "",
        }
    }
}

/// What the form's fields hold, in their order.
pub type Texts = [String; 3];

/// What they say, if all of them will do.
#[must_use]
pub fn read(texts: &Texts) -> Option<Ordered> {
    let [name, amount, restaurant] = texts;
    let mut fields = Field::ALL.into_iter().zip(texts);
    if !fields.all(|(field, text)| field.fault(text).is_empty()) {
        return None;
    }
    Some(Ordered {
        name: name.trim().to_owned(),
        quantity: quantity(amount.trim())?,
        restaurant: restaurant.trim().to_owned(),
    })
}

/// The fields of an order.
#[must_use]
pub fn texts(ordered: &Ordered) -> Texts {
    [
        ordered.name.clone(),
        ordered.quantity.to_string(),
        ordered.restaurant.clone(),
    ]
}

fn quantity(text: &str) -> Option<i64> {
    let quantity: i64 = text.parse().ok()?;
    (1..=100).contains(&quantity).then_some(quantity)
}

/// What the server refuses, and which field it is about, if it is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field.
    pub field: Option<Field>,
    /// Why, for people.
    pub why: String,
}

impl Fault {
    /// Reads the server's words: `<field>: <what is wrong>`, or anything else.
    #[must_use]
    pub fn read(message: &str) -> Self {
        let told = message.split_once(':').and_then(|(key, why)| {
            let field = Field::ALL.into_iter().find(|field| field.key() == key)?;
            Some((field, why.strip_prefix(' ')?))
        });
        Self {
            field: told.map(|(field, _)| field),
            why: told.map_or(message, |(_, why)| why).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::restaurant::model::tests::soup;

    fn of(name: &str, quantity: &str, restaurant: &str) -> Texts {
        [name.into(), quantity.into(), restaurant.into()]
    }

    #[test]
    fn what_will_do_is_read_without_the_space_around_it() {
        assert_eq!(read(&of(" Soup ", " 2 ", "Harbour\n")), Some(soup()));
        assert_eq!(read(&texts(&soup())), Some(soup()));
        let longest = "ü".repeat(200);
        assert!(read(&of(&longest, "100", &longest)).is_some());
    }

    #[test]
    fn each_fault_is_told_at_its_field() {
        let long = "ü".repeat(201);
        for (field, texts) in [
            (Field::Name, of(" ", "1", "Harbour")),
            (Field::Name, of(&long, "1", "Harbour")),
            (Field::Quantity, of("Soup", "0", "Harbour")),
            (Field::Quantity, of("Soup", "101", "Harbour")),
            (Field::Quantity, of("Soup", "", "Harbour")),
            (Field::Quantity, of("Soup", "1.5", "Harbour")),
            (Field::Quantity, of("Soup", "two", "Harbour")),
            (Field::Restaurant, of("Soup", "1", "")),
            (Field::Restaurant, of("Soup", "1", &long)),
        ] {
            assert_eq!(read(&texts), None);
            for (other, text) in Field::ALL.into_iter().zip(&texts) {
                assert_eq!(other.fault(text).is_empty(), other != field, "{texts:?}");
            }
        }
    }

    #[test]
    fn the_server_s_words_lead_to_their_field() {
        let fault = Fault::read("quantity: a whole number from 1 to 100");
        assert_eq!(fault.field, Some(Field::Quantity));
        assert_eq!(fault.why, "a whole number from 1 to 100");
        for message in ["order 2: is being processed", "quantity", ""] {
            let fault = Fault::read(message);
            assert_eq!((fault.field, fault.why.as_str()), (None, message));
        }
    }

    proptest! {
        #[test]
        fn only_whole_numbers_from_1_to_100_are_quantities(number in any::<i64>()) {
            for number in [number, number % 200] {
                let fits = (1..=100).contains(&number);
                prop_assert_eq!(Field::Quantity.fault(&number.to_string()).is_empty(), fits);
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,300}") {
            for field in Field::ALL {
                let _ = field.fault(&text);
            }
            let _ = Fault::read(&text);
        }
    }
}
