//! What the server makes when a day begins, before anybody asks.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axle_server::NewDays;
use axum::http::StatusCode;
use jiff::Timestamp;
use support::Server;
use support::engine::Engine;

/// The clock of this test, in seconds.
static NOW: AtomicI64 = AtomicI64::new(0);

fn clock() -> Timestamp {
    Timestamp::from_second(NOW.load(Ordering::Relaxed)).unwrap()
}

fn set(time: &str) {
    NOW.store(time.parse::<Timestamp>().unwrap().as_second(), Ordering::Relaxed);
}

#[tokio::test]
async fn a_day_is_made_once_and_nobody_waits_for_it() {
    set("2026-03-15T12:00:00Z");
    let engine = Arc::<Engine>::default();
    let server = Server::of(Arc::clone(&engine), clock).await;
    let cookie = server.sign_in("admin").await;
    let csrf = server.get("/main/settings/calendar", &cookie).await.csrf();
    let zone = format!("csrf={csrf}&time_zone=Europe%2FBerlin");
    assert_eq!(server.post("/main/settings/calendar", &cookie, &zone).await.status, StatusCode::SEE_OTHER);
    let visit = async || {
        for page in ["/main", "/main/members", "/main/today", "/main/flywheels", "/main/kpis"] {
            assert_eq!(server.get(page, &cookie).await.status, StatusCode::OK, "{page}");
        }
        engine.worked()
    };
    let mut days = NewDays::default();
    let mut round = async || {
        days.round(&server.state).await;
        engine.worked()
    };
    let first = round().await;
    assert!(first > 0);
    set("2026-03-15T22:59:59Z");
    assert_eq!([round().await, visit().await, round().await], [first; 3], "it is still the same day in Berlin");

    // What fails is tried again at the next round, and only until it has not.
    set("2026-03-15T23:00:30Z");
    engine.fail(true);
    let failed = round().await;
    assert!(failed > first && round().await > failed);
    engine.fail(false);
    let second = round().await;
    set("2026-03-16T08:00:00Z");
    assert_eq!([visit().await, round().await, visit().await], [second; 3]);
    set("2026-03-16T16:00:00Z");
    assert_eq!(visit().await, second);

    // Somebody was earlier than the round: it finds the day made.
    set("2026-03-16T23:00:01Z");
    let third = visit().await;
    assert!(third > second);
    assert_eq!(round().await, third);
}
