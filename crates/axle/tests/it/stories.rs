//! The stories of the demo's company: each stands where its script says on its days, and can be followed in the pages.
//!
//! The days are worked out from `axle-demo/src/stories.rs` and the definitions, counted back from the end of the demo.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axle_analytics::{DataFusionAnalytics, QueryLimits};
use axle_app::flywheels::{self, Became, RunRow, Runs};
use axle_app::hand_offs::{self, View};
use axle_app::users::User;
use axle_app::{Workspace, figures};
use axle_model::analytics::Analytics;
use jiff::{SignedDuration, Timestamp};

use crate::Axle;
use crate::web::Web;

/// Days before the end, hour (at half past it), and where they stand then; state and step are `none` before a run begins.
type Stands = (i64, i64, &'static str, &'static str);

/// Which of somebody's runs of a flywheel is meant.
#[derive(Clone, Copy)]
enum Run {
    /// The latest of those about themselves.
    Own,
    /// The first of those about one question.
    Question,
}

/// Flywheel, who, which run, and where it stands.
type Story = (&'static str, &'static str, Run, &'static [Stands]);

/// Sunita becomes a qualified lead and refers another member to Alfred, who is on her way by the end.
const LEADS: &[Story] = &[
    (
        "community_qualified_leads",
        "Sunita",
        Run::Own,
        &[
            // She signed up at 320, came to the chat at 300 and used the product on that day, at 14:00.
            (300, 13, "none", "none"),
            (300, 14, "active", "uses_product"),
            (227, 18, "active", "uses_product"),
            // Two events within 60 days by 226, and five features within 30 days, after two: on 215.
            (215, 14, "active", "regular"),
            (203, 18, "active", "regular"),
            // What she says at 12:00 is written down as a signal at 16:00.
            (202, 16, "active", "signals_need"),
            (201, 16, "active", "introduction"),
            // Consent at 200, introduced at 199, 16:00.
            (199, 15, "active", "introduction"),
            (199, 16, "active", "dossier"),
            (198, 18, "active", "dossier"),
            (197, 10, "active", "sales_helps"),
            (140, 9, "active", "sales_helps"),
            (140, 10, "active", "tells_refers"),
            // Marguerite comes at 127, 9:00, a day after Sunita introduced her to Alfred: the loop is closed.
            (127, 8, "active", "tells_refers"),
            (127, 9, "completed", "tells_refers"),
            (0, 0, "completed", "tells_refers"),
        ],
    ),
    (
        "community_qualified_leads",
        "Marguerite",
        Run::Own,
        &[
            (124, 13, "none", "none"),
            (124, 14, "active", "uses_product"),
            (20, 16, "active", "signals_need"),
            (19, 16, "active", "introduction"),
            (18, 16, "active", "dossier"),
            (16, 9, "active", "dossier"),
            (16, 10, "active", "sales_helps"),
            (0, 0, "active", "sales_helps"),
        ],
    ),
];

/// Peggy's organization becomes a prospect, she is appointed champion, and her teammates onboard.
const DEAL: &[Story] = &[
    (
        "deal_champions",
        "Peggy",
        Run::Own,
        &[
            (639, 18, "active", "tries_product"),
            // In the chat from 630 on, on the second day there at 628.
            (629, 18, "active", "joins"),
            (628, 12, "active", "nurtured"),
            (552, 18, "active", "nurtured"),
            // Alfred marks the bank at 551, 16:00; its deal is open from 546, 10:00 on, and she is near enough for a champion.
            (551, 15, "active", "nurtured"),
            (551, 16, "active", "prospect"),
            (546, 9, "active", "prospect"),
            (546, 10, "active", "candidate"),
            (542, 18, "active", "candidate"),
            (541, 0, "active", "introduced"),
            (538, 15, "active", "introduced"),
            (538, 16, "active", "helps"),
            (515, 11, "active", "helps"),
            (515, 12, "active", "closes"),
            // Won at 450, kickoff at 440.
            (441, 18, "active", "closes"),
            (440, 12, "active", "teammates"),
            // Levi signs up at 432, 9:00.
            (432, 8, "active", "teammates"),
            (432, 9, "completed", "teammates"),
        ],
    ),
    (
        "onboarding_customers",
        "Levi",
        Run::Own,
        &[
            (433, 18, "none", "none"),
            (432, 9, "active", "signs_up"),
            (431, 9, "active", "joined"),
            // Peggy answers at 424, 15:00; at 410 he uses a second feature.
            (424, 14, "active", "joined"),
            (424, 15, "active", "value_received"),
            (410, 14, "active", "graduates"),
        ],
    ),
    (
        "onboarding_customers",
        "Odile",
        Run::Own,
        &[
            (430, 9, "active", "signs_up"),
            (428, 9, "active", "joined"),
            (424, 15, "active", "value_received"),
            (410, 14, "active", "graduates"),
        ],
    ),
];

/// Jerry is signposted, receives value and graduates.
const ONBOARDING: &[Story] = &[(
    "onboarding_customers",
    "Jerry",
    Run::Own,
    &[
        (201, 18, "none", "none"),
        (200, 9, "active", "signs_up"),
        (198, 8, "active", "pointed"),
        (198, 9, "active", "joined"),
        // Asked at 195, 12:00, and answered three hours later; a milestone at 194, 15:00.
        (195, 14, "active", "joined"),
        (195, 15, "active", "value_received"),
        (194, 14, "active", "value_received"),
        (194, 15, "active", "graduates"),
        (60, 12, "active", "graduates"),
        (60, 13, "completed", "graduates"),
    ],
)];

/// Conrad asks, Kathryn answers, is thanked, and Conrad answers Quentin.
const QUESTIONS: &[Story] = &[
    (
        "knowledge_sharing",
        "Conrad",
        Run::Question,
        &[
            (150, 11, "none", "none"),
            (150, 12, "active", "asks"),
            (150, 15, "active", "answered"),
            // Accepted at 149, and the team's thanks at 148, within seven days of the answer.
            (149, 12, "active", "recognized"),
            (148, 11, "active", "recognized"),
            (148, 12, "completed", "recognized"),
        ],
    ),
    (
        "knowledge_sharing",
        "Conrad",
        Run::Own,
        &[
            (150, 14, "none", "none"),
            (150, 15, "active", "remains"),
            // Eight days after the answer is 142; he turns up again at 139, for a star.
            (140, 18, "active", "remains"),
            (139, 12, "active", "answers"),
            // Quentin asks at 80, 12:00, and has his answer at 17:00; Buzz likes it at 78.
            (80, 16, "active", "answers"),
            (80, 17, "active", "thanked"),
            (78, 11, "active", "thanked"),
            (78, 12, "completed", "thanked"),
        ],
    ),
    // She asked Dana at 270, stayed, answers Conrad within 180 days, and is thanked: her answer is accepted.
    (
        "knowledge_sharing",
        "Kathryn",
        Run::Own,
        &[
            (270, 14, "active", "remains"),
            (239, 18, "active", "answers"),
            (150, 14, "active", "answers"),
            (150, 15, "active", "thanked"),
            (149, 12, "completed", "thanked"),
        ],
    ),
    (
        "knowledge_sharing",
        "Quentin",
        Run::Question,
        &[
            (80, 11, "none", "none"),
            (80, 12, "active", "asks"),
            (80, 17, "active", "answered"),
            (78, 12, "completed", "recognized"),
        ],
    ),
    (
        "knowledge_sharing",
        "Quentin",
        Run::Own,
        &[(80, 17, "active", "remains"), (61, 18, "active", "remains"), (60, 12, "active", "answers")],
    ),
];

/// Champion Peggy's attendance drops, and Buzz checks in: once she is busy, once she has a concern, which product resolves.
/// When the drop rule notices depends on how quiet it is for the other champions: with seasons of 1.2 to 0.5 between 235 and
/// 221 days before the end, and between 125 and 109.
const HEALTH: &[Story] = &[(
    "champion_health",
    "Peggy",
    Run::Own,
    &[
        (250, 18, "active", "healthy"),
        (236, 18, "active", "healthy"),
        (220, 18, "active", "watch"),
        (216, 10, "active", "watch"),
        (216, 11, "active", "contacted"),
        (214, 15, "active", "contacted"),
        (214, 16, "snoozed", "contacted"),
        (201, 18, "snoozed", "contacted"),
        (200, 0, "active", "healthy"),
        (126, 18, "active", "healthy"),
        (108, 18, "active", "watch"),
        (105, 10, "active", "watch"),
        (105, 11, "active", "contacted"),
        (103, 15, "active", "contacted"),
        (103, 16, "active", "concern"),
        // Product decides at 85; what it made is shipped at 50, and she is told at 48, 12:00.
        (86, 18, "active", "concern"),
        (85, 10, "active", "resolved"),
        (48, 11, "active", "resolved"),
        (48, 12, "active", "recovers"),
        (32, 18, "completed", "recovers"),
    ],
)];

/// A key account grows its own champion.
const ACCOUNT: &[Story] = &[(
    "key_account_champions",
    "Kathryn",
    Run::Own,
    &[
        // Key from 330 on; she used the product on the fifth day of 30 at 329, 14:00.
        (329, 13, "none", "none"),
        (329, 14, "active", "identified"),
        (325, 0, "active", "named"),
        (305, 11, "active", "invited"),
        (281, 18, "active", "invited"),
        (280, 9, "active", "joined"),
        // An answer at 270, 14:00; a value touch at 305 and a tutorial at 240 are two within 90 days.
        (270, 14, "active", "deepens"),
        (241, 18, "active", "deepens"),
        (240, 12, "active", "programme"),
        // In the beta from 200 on, with feedback at 190.
        (191, 18, "active", "programme"),
        (190, 12, "active", "teaches"),
        (150, 12, "active", "taught"),
        (141, 18, "active", "taught"),
        (140, 9, "completed", "taught"),
    ],
)];

/// Who has a story, or is part of one.
const CAST: [&str; 9] = [
    "Sunita Rao",
    "Peggy Marsh",
    "Jerry Voss",
    "Conrad Ekholm",
    "Kathryn Oduya",
    "Marguerite Stein",
    "Levi Tran",
    "Odile Perrin",
    "Quentin Abara",
];

struct Demo {
    axle: Axle,
    workspace: Workspace,
    /// The first instant after the story.
    end: Timestamp,
}

impl Demo {
    async fn new(axle: Axle) -> Self {
        let engine = |folder: PathBuf| -> Arc<dyn Analytics> {
            Arc::new(DataFusionAnalytics::new(folder, QueryLimits::default()))
        };
        let kpis = axle_analytics::catalogue(None).unwrap();
        let workspace = Workspace::open(&axle.data().join("data"), "demo", kpis, engine).await.unwrap();
        let demo = Self { axle, workspace, end: Timestamp::MIN };
        // Sunita raises her hand 202 days before the end, at 16:00.
        let sunita = demo.member("Sunita").await;
        let raised = demo.text(&format!("select at from signals where member_id = '{sunita}'")).await;
        let end = raised.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(202 * 24 - 16);
        Self { end, ..demo }
    }

    fn at(&self, days: i64, hour: i64) -> Timestamp {
        self.end + SignedDuration::from_mins((hour - days * 24) * 60 + 30)
    }

    /// The one value that a query gives.
    async fn text(&self, query: &str) -> String {
        let table = figures::sql(&self.workspace, query, 10, self.end).await.unwrap();
        assert_eq!(table.rows.len(), 1, "{query}: {:?}", table.rows);
        table.rows[0][0].as_str().map_or_else(|| table.rows[0][0].to_string(), str::to_owned)
    }

    /// Of the cast, by first name.
    async fn member(&self, first: &str) -> String {
        let name = CAST.iter().find(|name| name.starts_with(first)).unwrap();
        self.text(&format!("select member_id from members where name = '{name}'")).await
    }

    /// Each story's rows, as of each of its instants.
    async fn must_stand(&self, stories: &[Story]) {
        let mut wanted: BTreeMap<Timestamp, Vec<(&Story, &Stands)>> = BTreeMap::new();
        for story in stories {
            for stands in story.3 {
                wanted.entry(self.at(stands.0, stands.1)).or_default().push((story, stands));
            }
        }
        let mut wrong = Vec::new();
        for (at, rows) in wanted {
            let runs = flywheels::evaluate(&self.workspace, at).await.unwrap();
            for ((flywheel, who, which, _), (days, hour, state, step)) in rows {
                let found = stands(&runs, flywheel, &self.member(who).await, *which);
                if found != ((*state).to_owned(), (*step).to_owned()) {
                    wrong.push(format!(
                        "{who}, {flywheel}, {days} days before at {hour}:30: {state} {step}, not {found:?}"
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

fn run_of(runs: &Runs, flywheel: &str, member_id: &str, which: Run) -> Option<RunRow> {
    let mut own: Vec<RunRow> = runs.rows(Some(flywheel)).filter(|run| run.member_id == member_id).collect();
    own.sort_by_key(|run| run.opened_at);
    let is_question = |run: &&RunRow| run.subject_kind == "question";
    match which {
        Run::Own => own.iter().rfind(|run| !is_question(run)).cloned(),
        Run::Question => own.iter().find(is_question).cloned(),
    }
}

fn stands(runs: &Runs, flywheel: &str, member_id: &str, which: Run) -> (String, String) {
    let run = run_of(runs, flywheel, member_id, which);
    run.map_or(("none".into(), "none".into()), |run| (run.state, run.step))
}

fn in_the_demo(test: impl AsyncFnOnce(Demo)) {
    in_a_demo(&["--members", "60"], test);
}

fn in_a_demo(which: &[&str], test: impl AsyncFnOnce(Demo)) {
    let axle = Axle::new();
    axle.run(&[&["demo", "--no-serve"], which].concat());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { test(Demo::new(axle).await).await });
}

#[test]
fn every_story_stands_where_it_should_on_its_days() {
    in_the_demo(async |demo| {
        for stories in [LEADS, DEAL, ONBOARDING, QUESTIONS, HEALTH, ACCOUNT] {
            demo.must_stand(stories).await;
        }
        let sunita = demo.member("Sunita").await;
        let referred = format!("select kind from referrals where member_id = '{sunita}' and accepted_at is not null");
        assert_eq!(demo.text(&referred).await, "sales_intro");
        // Roles in force: the bank's champion, and the account's own.
        let role =
            |who: &str, role: &str| format!("select count(*) from roles where member_id = '{who}' and role = '{role}'");
        let (peggy, kathryn) = (demo.member("Peggy").await, demo.member("Kathryn").await);
        for (who, held) in
            [(&peggy, "deal_champion"), (&peggy, "champion"), (&kathryn, "key_member"), (&kathryn, "champion")]
        {
            assert_eq!(demo.text(&role(who, held)).await, "1", "{held}");
        }
        // Her rhythm is what dropped, and it was noticed within the bounds.
        let runs = flywheels::evaluate(&demo.workspace, demo.end).await.unwrap();
        let alerts: Vec<i64> = runs
            .alerts()
            .iter()
            .filter(|alert| alert.member_id == peggy)
            .map(|alert| i64::from(axle_model::time::local_day(demo.end, &jiff::tz::TimeZone::UTC) - alert.as_of))
            .collect();
        let [busy, concern] = alerts[..] else { panic!("{alerts:?}") };
        assert!((221..=235).contains(&busy) && (109..=125).contains(&concern), "{alerts:?}");
    });
}

/// Whoever signs in as Alfred finds dossiers that are open to him, whenever the demo was made.
#[test]
fn alfred_can_open_who_was_handed_to_him() {
    in_the_demo(async |demo| {
        let alfred = User { email: "alfred@axle.example".into(), name: "Alfred Lowe".into(), role: "sales".into() };
        let now = Timestamp::now();
        let list = hand_offs::list(&demo.workspace, &alfred, now).await.unwrap();
        for name in ["Sunita Rao", "Marguerite Stein"] {
            let one = list.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("{name} is closed to him"));
            assert_eq!(one.closed, None, "{name}");
            // The hand-off holds for half a year after the demo was made, too.
            let expires_at = one.expires_at.unwrap();
            assert!(expires_at > now + SignedDuration::from_hours(180 * 24), "{name}: {expires_at}");
            let view = hand_offs::open(&demo.workspace, &one.hand_off_id, &alfred, now).await.unwrap();
            assert!(matches!(view, View::Dossier(_)), "{name}");
        }
        // He has a user from the start.
        let web = Web::of(&demo.axle);
        assert!(web.said.contains("Only the demo's users can sign in"), "{}", web.said);
        let cookie = web.sign_in_as("alfred@axle.example", "round-and-round");
        let page = web.get("/demo/hand-offs", &cookie).body;
        assert!(page.contains("Marguerite Stein") && page.contains("Sunita Rao"));
    });
}

/// From the name to the run with what it rests on, as `docs/guide/demo.md` tells a newcomer.
#[test]
fn every_story_can_be_followed_in_the_pages() {
    in_the_demo(async |demo| {
        let runs = flywheels::evaluate(&demo.workspace, Timestamp::now()).await.unwrap();
        let web = Web::of(&demo.axle);
        let cookie = web.sign_in_as("demo@axle.example", "round-and-round");
        let guide = include_str!("../../../../docs/guide/demo.md");
        for (flywheel, who, which, stands) in [LEADS, DEAL, ONBOARDING, QUESTIONS, HEALTH, ACCOUNT].concat() {
            let member = demo.member(who).await;
            let run = match flywheel {
                // A run that began since is another one.
                "champion_health" => {
                    runs.rows(Some(flywheel)).find(|run| run.member_id == member && run.state == "completed")
                }
                _ => run_of(&runs, flywheel, &member, which),
            };
            let run = run.unwrap_or_else(|| panic!("{who} has no run of {flywheel}"));
            let link = format!("/demo/flywheels/{flywheel}/runs/{}", run.run_id);
            assert!(web.get(&format!("/demo/members/{member}"), &cookie).body.contains(&link), "{who}: {link}");
            let page = web.get(&link, &cookie);
            assert_eq!(page.status, 200, "{link}");
            let wheel = runs.wheel(flywheel).unwrap();
            for (.., step) in stands.iter().filter(|(.., step)| *step != "none") {
                let title = &wheel.steps.iter().find(|one| one.step == *step).unwrap().title;
                assert!(page.body.contains(title.as_str()), "{who}: {title} is not on {link}");
            }
            assert!(guide.contains(who), "the guide does not name {who}");
        }
    });
}

/// Not only the stories turn the wheels: of each, others come through, some are lost, and some wait too long.
#[test]
fn the_community_turns_all_six_wheels() {
    in_a_demo(&["--members", "400", "--until", "2026-06-30"], async |demo| {
        let mut cast = Vec::new();
        for first in CAST {
            cast.push(demo.member(first).await);
        }
        let runs = flywheels::evaluate(&demo.workspace, demo.end).await.unwrap();
        let mut told = Vec::new();
        for wheel in runs.wheels() {
            let own = |member_id: &str| !cast.iter().any(|one| one == member_id);
            let count = |state: &str| {
                runs.rows(Some(&wheel.flywheel)).filter(|run| run.state == state && own(&run.member_id)).count()
            };
            let visits: Vec<_> = runs.visits(Some(&wheel.flywheel)).filter(|visit| own(&visit.member_id)).collect();
            let became = |what: Became| visits.iter().filter(|visit| visit.became == what).count();
            let counts = [count("completed"), became(Became::Lost), became(Became::Late), became(Became::InTime)];
            told.push((wheel.flywheel.clone(), counts, became(Became::Returned), became(Became::Stalled)));
        }
        let is_turning = |(_, counts, ..): &(String, [usize; 4], usize, usize)| counts.iter().all(|count| *count > 0);
        assert!(told.iter().all(is_turning), "completed, lost, late, in time; returned; stalled: {told:#?}");
        assert!(told.iter().any(|(.., returned, _)| *returned > 0), "{told:#?}");
    });
}
