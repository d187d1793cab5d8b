//! The six sample baskets. The foods are invented.

use crate::orders::model::OrderItem;

pub(super) struct Basket {
    pub(super) customer_id: &'static str,
    pub(super) currency: &'static str,
    lines: &'static [(&'static str, &'static str, i32, f64)],
}

impl Basket {
    pub(super) fn items(&self) -> Vec<OrderItem> {
        let item =
            |&(item_id, description, quantity, unit_price): &(&str, &str, i32, f64)| OrderItem {
                item_id: Some(item_id.to_owned()),
                description: description.to_owned(),
                quantity,
                unit_price,
            };
        self.lines.iter().map(item).collect()
    }
}

pub(super) static BASKETS: [Basket; 6] = [
    Basket {
        customer_id: "customer-17",
        currency: "EUR",
        lines: &[
            ("dumplings-moon", "Moonrise dumplings", 12, 0.85),
            ("tea-smoke", "Smoked river tea", 2, 3.2),
        ],
    },
    Basket {
        customer_id: "customer-4",
        currency: "USD",
        lines: &[
            ("noodles-thunder", "Thunder noodles, extra loud", 1, 11.5),
            ("pickles-blue", "Blue pickles", 3, 1.75),
            ("soda-cloud", "Cloud soda", 2, 2.4),
        ],
    },
    Basket {
        customer_id: "customer-88",
        currency: "GBP",
        lines: &[
            ("pie-harbour", "Harbour pie", 2, 7.95),
            ("mash-velvet", "Velvet mash", 2, 3.1),
        ],
    },
    Basket {
        customer_id: "customer-23",
        currency: "EUR",
        lines: &[
            ("pizza-eddy", "Whirlpool pizza", 1, 12.9),
            ("salad-driftwood", "Driftwood salad", 1, 8.4),
            ("ice-tide", "Low-tide ice cream", 2, 4.35),
        ],
    },
    Basket {
        customer_id: "customer-51",
        currency: "USD",
        lines: &[
            ("burger-comet", "Comet burger", 4, 9.25),
            ("fries-orbit", "Orbit fries", 4, 3.6),
        ],
    },
    Basket {
        customer_id: "customer-9",
        currency: "GBP",
        lines: &[
            ("curry-lantern", "Lantern curry", 1, 10.8),
            ("rice-feather", "Feather rice", 1, 2.95),
            ("bread-ember", "Ember flatbread", 3, 1.6),
        ],
    },
];
