//! The page's restaurant against the real cloud, natively: orders placed, seen by two through every step, changed and
//! deleted, as the page asks for all of it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "all of it is a test")]

#[path = "common/page.rs"]
mod page;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use backend::ports::Pace;
use backend::restaurant::Payments;
use cloud::{Settings, testing};
use eddy::live::flight::Token;
use eddy::live::{Link, View, drive};
use eddy::restaurant::form::Field;
use eddy::restaurant::model::{Order, OrderId, Ordered, Status, Step};
use eddy::restaurant::outbox::Outcome;
use eddy::restaurant::wire::{Api, Orders};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What a visitor sees.
#[derive(Clone, Default)]
struct Shown(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    rows: Vec<Order>,
    is_live: bool,
    /// Every order at every revision that was shown, in order.
    ever: Vec<Order>,
}

impl Shown {
    fn show(&self, view: &View<Order>) {
        let rows = view.window.rows().iter();
        let mut seen = self.0.lock().unwrap();
        seen.rows = rows.map(|entry| (*entry.row).clone()).collect();
        seen.is_live = view.link == Link::Live;
        for row in seen.rows.clone() {
            if !seen.ever.contains(&row) {
                seen.ever.push(row);
            }
        }
    }

    fn is_live(&self) -> bool {
        self.0.lock().unwrap().is_live
    }

    fn rows(&self) -> Vec<Order> {
        self.0.lock().unwrap().rows.clone()
    }

    /// The steps at which an order was shown, in order.
    fn steps(&self, id: &OrderId) -> Vec<Step> {
        let seen = self.0.lock().unwrap();
        let order = seen.ever.iter().filter(|order| order.id == *id);
        order.map(Order::step).collect()
    }
}

/// A visitor of their own, as the page makes one, and what they see.
fn visitor(url: &str) -> (Api, Shown) {
    let api = Api::new(&page::configuration().restaurant, page::guest(url), url);
    let shown = Shown::default();
    let (orders, shows) = (Orders(api.clone()), shown.clone());
    tokio::spawn(async move { drive::run(&orders, 200, |view| shows.show(view)).await });
    (api, shown)
}

async fn until(what: &str, is_so: impl Fn() -> bool) -> Result {
    for _ in 0..3_000 {
        if is_so() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(format!("{what}: not within a minute").into())
}

fn soup(name: &str) -> Ordered {
    Ordered {
        name: name.to_owned(),
        quantity: 2,
        restaurant: "Harbour".to_owned(),
    }
}

/// Places an order as the page does; its id.
async fn placed(api: &Api, name: &str) -> Result<OrderId> {
    match api.place(soup(name), Token(name.to_owned())).await {
        Outcome::Accepted(order) => Ok(order.id),
        other => Err(format!("{other:?}").into()),
    }
}

fn settings(chance: f64) -> Settings {
    Settings {
        pace: Pace::from_state(Duration::from_secs(2)),
        payments: Payments { chance, seed: 1 },
        ..Settings::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_visitors_see_every_step_of_an_order_and_both_of_its_ends() -> Result {
    for (chance, status) in [(1.0, Status::Success), (0.0, Status::Failed)] {
        let cloud = testing::start(settings(chance)).await?;
        let ((api, mine), (_, theirs)) = (visitor(&cloud.url), visitor(&cloud.url));
        for shown in [&mine, &theirs] {
            until("live", || shown.is_live()).await?;
        }
        let id = placed(&api, "soup").await?;
        assert_eq!(placed(&api, "soup").await?, id, "the same token");
        for shown in [&mine, &theirs] {
            until("its end", || shown.rows().iter().any(Order::is_settled)).await?;
            assert_eq!(shown.steps(&id), [Step::Saved, Step::Payment, Step::End]);
            let rows = shown.rows();
            assert_eq!(rows.len(), 1, "it was placed once");
            assert_eq!(rows[0].status, status);
            assert_eq!(rows[0].reason.is_some(), status == Status::Failed);
            let told: serde_json::Value =
                serde_json::from_str(rows[0].notification.as_deref().unwrap())?;
            assert_eq!(told["order_id"], id.as_str());
            assert_eq!(told["order_status"], status.name());
            for step in [Step::Queue, Step::Saved, Step::Payment] {
                assert!(rows[0].took(step).is_some_and(|took| took >= 0), "{step:?}");
            }
        }
        assert_eq!(mine.rows(), theirs.rows());
        let figures = api.pipeline().await.unwrap();
        assert_eq!(figures.dead, 0);
        cloud.shutdown().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_changed_or_deleted_is_so_for_both_and_refusals_say_why() -> Result {
    let cloud = testing::start(Settings {
        pace: Pace::from_state(Duration::ZERO),
        ..Settings::default()
    })
    .await?;
    let ((api, mine), (other, theirs)) = (visitor(&cloud.url), visitor(&cloud.url));
    let both = [&mine, &theirs];
    for shown in both {
        until("live", || shown.is_live()).await?;
    }
    let id = placed(&api, "soup").await?;
    for shown in both {
        until("its end", || shown.rows().iter().any(Order::is_settled)).await?;
    }
    let mut stew = soup("stew");
    stew.quantity = 100;
    other
        .change(&id, stew.clone())
        .await
        .map_err(|fault| fault.why)?;
    for shown in both {
        until("the change", || {
            shown.rows().iter().all(|it| it.ordered == stew)
        })
        .await?;
    }
    for (field, wrong) in [
        (
            Field::Quantity,
            Ordered {
                quantity: 101,
                ..soup("stew")
            },
        ),
        (Field::Name, soup(" ")),
        (
            Field::Restaurant,
            Ordered {
                restaurant: "x".repeat(1_000),
                ..soup("stew")
            },
        ),
    ] {
        let fault = api.change(&id, wrong.clone()).await.unwrap_err();
        assert_eq!(fault.field, Some(field), "{fault:?}");
        let refused = api.place(wrong, Token("wrong".to_owned())).await;
        assert!(
            matches!(refused, Outcome::Refused(ref told) if told.field == Some(field)),
            "{refused:?}"
        );
    }
    api.delete(&id).await.map_err(|fault| fault.why)?;
    for shown in both {
        until("the delete", || shown.rows().is_empty()).await?;
    }
    let fault = other.delete(&id).await.unwrap_err();
    assert!(fault.why.contains(id.as_str()), "{fault:?}");
    cloud.shutdown().await?;
    Ok(())
}
