//! What an executive sees of money, of what is not measured, and of rankings.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::Axle;
use crate::hand_offs::import;
use crate::web::{Web, add_user};

/// Two deals in two currencies, a cost and a ticket; nobody is known as a teammate.
fn lines(now: Timestamp) -> Vec<Value> {
    let ago = |days: i64| (now - SignedDuration::from_hours(24 * days)).to_string();
    let ada = json!({"platform": "forum", "uid": "ada", "username": "ada"});
    let act = |id: &str, activity: &str, who: &Value, days: i64| {
        json!({"type": "activity", "id": id, "activity": activity, "at": ago(days), "channel": "help", "thread": "t1",
               "title": "How do I begin?", "text": "How do I begin?", "actor": who})
    };
    let deal = |id: &str, amount: i64, currency: &str| {
        json!({"type": "deal", "id": id, "organization": "corp", "created_at": ago(70), "closed_at": ago(40), "won": true,
               "amount": amount, "currency": currency, "contacts": []})
    };
    vec![
        act("a1", "forum:topic:opened", &ada, 60),
        act("a2", "forum:post:replied", &json!({"platform": "forum", "uid": "bob", "username": "bob"}), 59),
        deal("d1", 4_000_000, "EUR"),
        deal("d2", 1_054, "JPY"),
        json!({"type": "cost", "id": "c1", "at": ago(40), "amount": 5_000, "currency": "EUR"}),
        json!({"type": "ticket", "id": "t1", "opened_at": ago(40), "topics": ["billing"]}),
    ]
}

#[test]
fn pages_of_figures_say_when_these_stand_still() {
    let axle = Axle::new();
    import(&axle, &lines(Timestamp::now()));
    add_user(&axle, "executive");
    let web = Web::of(&axle);
    let cookie = web.sign_in("executive");
    let pages = ["/main", "/main/boards/marketing", "/main/audience", "/main/report", "/main/kpis"];
    let stand_still = |page: &str| web.get(page, &cookie).body.contains("Figures of activity stand still since then");
    for page in pages {
        assert!(stand_still(page), "{page}: the newest activity is 59 days old");
    }
    let then = Timestamp::now() - SignedDuration::from_hours(24 * 31);
    assert!(!stand_still(&format!("/main/report?as_of={then}")), "the past is asked for");
    // One source alone that goes on is enough.
    let at = Timestamp::now() - SignedDuration::from_hours(24 * 29);
    let cyd = json!({"platform": "chat", "uid": "cyd", "username": "cyd"});
    import(
        &axle,
        &[
            json!({"type": "activity", "id": "a9", "source": "chat", "activity": "chat:message:sent", "at": at.to_string(),
                 "channel": "general", "actor": cyd}),
        ],
    );
    for page in pages {
        assert!(!stand_still(page), "{page}");
    }
}

#[test]
fn an_executive_sees_money_by_currency_and_what_is_not_measured() {
    let axle = Axle::new();
    import(&axle, &lines(Timestamp::now()));
    add_user(&axle, "executive");
    let receipt = axle.run(&["kpi", "receipt", "community_value"]);
    let web = Web::of(&axle);
    let cookie = web.sign_in("executive");
    let page = |path: &str| web.get(path, &cookie);

    let models = page("/main/kpis/attributed_value").body;
    for told in ["40,000.00\u{a0}EUR", "1,054\u{a0}JPY", "data-chart=\"course-2\"", "Attributed value, JPY"] {
        assert!(models.contains(told), "{told}: {models}");
    }
    assert!(!models.contains("4,000,000"), "minor units without a currency");
    // Code of definitions is code on pages, and plain where it cannot be.
    let value = page("/main/kpis/community_value").body;
    assert!(value.contains("<code>sourced deals</code>: the margin of deals won"), "{value}");
    assert!(receipt.contains("sourced deals: the margin of deals won") && !receipt.contains('`'), "{receipt}");
    let by_campaign = page("/main/kpis/attributed_value?by=campaign&grain=total").body;
    assert!(by_campaign.contains("no campaign, U shape"), "rows of a breakdown name their model: {by_campaign}");

    for board in ["/main/boards/executives", "/main/report"] {
        let text = page(board).body;
        assert!(text.contains("Section down, estimate across") && text.contains("Retention"), "{board}: {text}");
        assert!(text.contains("not measured</td>"), "{board}");
    }

    let growth = |asked: &str| page(&format!("/main/kpis/virality_coefficient?customers=10&days=20&{asked}")).body;
    for (asked, told) in [
        ("coefficient=2&cycle=2", "(2 − 1) = 20,470"),
        ("coefficient=2&cycle=1", "(2 − 1) = 20,971,510"),
        ("coefficient=1&cycle=5", "10 × (20 / 5 + 1) = 50"),
        ("coefficient=2&cycle=0", "a cycle must take some time"),
        ("", "K^(days / cycle + 1)"),
    ] {
        let text = growth(asked);
        assert!(text.contains(told), "{asked}: {text}");
    }
    assert!(!page("/main/kpis/viral_cycle_time").body.contains("After a number of days"));

    let gaps = page("/main/kpis/content_gaps");
    assert!(gaps.status == 200 && gaps.body.contains("billing"), "a topic is nobody: {}", gaps.body);
    assert_eq!(page("/main/kpis/top_answerers").status, 403);

    // Ada's question was answered: whether by a member cannot be told.
    for kpi in ["answered_only_by_community", "positive_signal_coverage", "internal_engaged_share"] {
        let text = page(&format!("/main/kpis/{kpi}")).body;
        assert!(text.contains("Connect teammates"), "{kpi}: {text}");
    }
}
