//! The browser's side in a browser.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::poll_immediate;
use js_sys::{Function, Reflect};
use net::http::{Request, send};
use net::life::Life;
use net::socket::Socket;
use net::{NetError, within};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::Window;

wasm_bindgen_test_configure!(run_in_browser);

const DEADLINE: Duration = Duration::from_secs(10);

fn window() -> Window {
    web_sys::window().unwrap()
}

/// The first arguments of all calls of `object.name` while `run` runs.
async fn first_arguments(object: &JsValue, name: &str, run: impl AsyncFnOnce()) -> Vec<JsValue> {
    let name = JsValue::from_str(name);
    let original: Function = Reflect::get(object, &name).unwrap().unchecked_into();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let replacement = {
        let (object, original, seen) = (object.clone(), original.clone(), Rc::clone(&seen));
        Closure::<dyn FnMut(JsValue, JsValue) -> JsValue>::new(
            move |first: JsValue, second: JsValue| {
                seen.borrow_mut().push(first.clone());
                original.call2(&object, &first, &second).unwrap()
            },
        )
    };
    Reflect::set(object, &name, replacement.as_ref()).unwrap();
    run().await;
    Reflect::set(object, &name, &original).unwrap();
    seen.take()
}

#[wasm_bindgen_test]
async fn clocks_run_and_a_limit_ends_what_takes_too_long() {
    let (before, wall_before) = (net::now(), net::wall());
    net::sleep_until(before + Duration::from_millis(30)).await;
    // Browsers blur their clocks a little.
    assert!(net::now().saturating_since(before) >= Duration::from_millis(29));
    assert!(net::wall().millis_since(wall_before) >= 28);
    assert!(net::wall().0 > 1_700_000_000_000);
    let limit = Duration::from_millis(5);
    let outcome = within(limit, std::future::pending::<()>()).await;
    assert!(matches!(outcome, Err(NetError::TimedOut(after)) if after == limit));
    assert!(matches!(within(DEADLINE, async { 7 }).await, Ok(7)));
}

#[wasm_bindgen_test]
async fn a_sleep_clears_its_timer_when_dropped_and_a_long_one_does_not_fire_at_once() {
    let cleared = first_arguments(&window(), "clearTimeout", async || {
        let month = Duration::from_secs(40 * 24 * 3_600);
        let limit = Duration::from_millis(50);
        assert!(matches!(
            within(limit, net::sleep(month)).await,
            Err(NetError::TimedOut(_))
        ));
    })
    .await;
    assert_eq!(cleared.len(), 2);
}

#[wasm_bindgen_test]
async fn a_task_runs_on_its_own() {
    let (done, is_done) = futures::channel::oneshot::channel();
    net::spawn(async move { done.send(7).unwrap() });
    assert_eq!(within(DEADLINE, is_done).await.unwrap(), Ok(7));
}

#[wasm_bindgen_test]
fn random_things_are_random_and_well_formed() {
    let (one, other) = (net::random::uuid(), net::random::uuid());
    assert_ne!(one, other);
    assert_eq!((one.len(), &one[14..15]), (36, "4"));
    assert!(
        (0..100)
            .map(|_| net::random::unit())
            .all(|unit| (0.0..1.0).contains(&unit))
    );
    let mut bytes = vec![0; 100_000];
    net::random::fill(&mut bytes);
    for part in bytes.chunks(65_536) {
        assert!(part.iter().any(|byte| *byte != 0));
    }
}

#[wasm_bindgen_test]
fn what_is_stored_is_in_local_storage_until_it_is_removed() {
    net::storage::remove("browser-test");
    assert_eq!(net::storage::get("browser-test"), None);
    net::storage::set("browser-test", "1");
    let storage = window().local_storage().unwrap().unwrap();
    assert_eq!(
        storage.get_item("browser-test").unwrap().as_deref(),
        Some("1")
    );
    assert_eq!(net::storage::get("browser-test").as_deref(), Some("1"));
    net::storage::remove("browser-test");
    assert_eq!(net::storage::get("browser-test"), None);
}

#[wasm_bindgen_test]
async fn life_is_what_the_browser_tells() {
    assert!(net::life::is_online() && net::life::is_visible());
    let mut events = net::life::events();
    for (dispatch, life) in [
        ("window.dispatchEvent(new Event('offline'))", Life::Offline),
        ("window.dispatchEvent(new Event('online'))", Life::Online),
        (
            "document.dispatchEvent(new Event('visibilitychange'))",
            Life::Visible,
        ),
        ("document.dispatchEvent(new Event('resume'))", Life::Wake),
        (
            "window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))",
            Life::Wake,
        ),
    ] {
        Function::new_no_args(dispatch)
            .call0(&JsValue::NULL)
            .unwrap();
        assert_eq!(
            within(DEADLINE, events.next()).await.unwrap(),
            Some(life),
            "{dispatch}"
        );
    }
    // A page that has just loaded has not slept.
    let load = "window.dispatchEvent(new PageTransitionEvent('pageshow'))";
    Function::new_no_args(load).call0(&JsValue::NULL).unwrap();
    assert!(poll_immediate(events.next()).await.is_none());
}

#[wasm_bindgen_test]
async fn life_takes_its_listeners_along() {
    let removed = first_arguments(&window(), "removeEventListener", async || {
        drop(net::life::events());
    })
    .await;
    let mut names: Vec<_> = removed.iter().filter_map(JsValue::as_string).collect();
    names.sort();
    assert_eq!(names, ["offline", "online", "pageshow"]);
}

#[wasm_bindgen_test]
async fn a_wall_clock_that_jumps_past_a_timer_is_a_wake() {
    let mut events = net::life::events();
    assert!(poll_immediate(events.next()).await.is_none());
    let date = Reflect::get(&window(), &"Date".into()).unwrap();
    let now: Function = Reflect::get(&date, &"now".into()).unwrap().unchecked_into();
    let an_hour_later = Function::new_no_args("return new Date().getTime() + 3600000");
    Reflect::set(&date, &"now".into(), &an_hour_later).unwrap();
    let event = within(DEADLINE, events.next()).await;
    Reflect::set(&date, &"now".into(), &now).unwrap();
    assert_eq!(event.unwrap(), Some(Life::Wake));
}

#[wasm_bindgen_test]
async fn a_request_is_answered_or_fails_and_is_aborted_when_dropped() {
    let origin = net::origin().unwrap();
    assert!(origin.starts_with("http://"), "{origin}");
    let response = within(DEADLINE, send(Request::get(format!("{origin}/"))))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(response.status, 200);
    assert!(
        response
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    assert!(!response.body.is_empty());
    let missing = send(Request::get(format!("{origin}/missing")))
        .await
        .unwrap();
    assert_eq!(missing.status, 404);

    let outcome = send(Request::get("http://127.0.0.1:1/")).await;
    assert!(
        matches!(outcome, Err(NetError::Unreachable(_))),
        "{outcome:?}"
    );
    let outcome = send(Request::get(&origin).with("bad name", "1")).await;
    assert!(matches!(outcome, Err(NetError::Invalid(_))), "{outcome:?}");
    let outcome = send(Request::get(&origin).with("x", "\u{1f600}")).await;
    assert!(matches!(outcome, Err(NetError::Invalid(_))), "{outcome:?}");
    assert!(
        poll_immediate(Box::pin(send(Request::get(&origin))))
            .await
            .is_none()
    );
}

#[wasm_bindgen_test]
async fn a_socket_that_does_not_open_says_so() {
    let origin = net::origin().unwrap().replacen("http", "ws", 1);
    let outcome = within(DEADLINE, Socket::open(&origin, &["graphql-ws"]))
        .await
        .unwrap();
    assert!(matches!(outcome, Err(NetError::Refused(_))), "{outcome:?}");
    for (url, protocols) in [("ftp://127.0.0.1/", [].as_slice()), (&origin, &["a b"])] {
        let outcome = Socket::open(url, protocols).await;
        assert!(
            matches!(outcome, Err(NetError::Invalid(_))),
            "{url} {outcome:?}"
        );
    }
    let attempt = Box::pin(Socket::open(&origin, &[]));
    assert!(poll_immediate(attempt).await.is_none());
}
