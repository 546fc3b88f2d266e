//! What is wrong with a definition is said with file, step, key, and a fix.

use axle_flywheel::{BusinessCalendar, Definition, Machine};
use jiff::tz::TimeZone;

const GOOD: &str = r#"
title = "T"
question = "Q?"
unit = "member"
reasons = ["gone"]
[[step]]
id = "one"
title = "One"
segment = "attract"
owner = "community"
enter = { fact = "joined" }
[[step]]
id = "two"
title = "Two"
segment = "delight"
owner = "community"
enter = { fact = "attended", at_least = 2, days = 60 }
"#;

fn complaint(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    let text = GOOD.replacen(from, to, 1);
    Definition::parse("x", &text).expect_err(to).to_string()
}

#[test]
fn complaints_name_file_step_and_key_and_say_the_fix() {
    Definition::parse("x", GOOD).unwrap();
    for (from, to, said) in [
        ("title = \"T\"", "titel = \"T\"", "flywheels/x.toml: title: is missing. add title = \"…\""),
        ("unit = \"member\"", "unit = \"member\"\ncolour = 1", "flywheels/x.toml: colour: nothing reads this key."),
        (
            "fact = \"joined\"",
            "fact = \"joind\"",
            "flywheels/x.toml: step `one`, enter.fact: there are no facts of the kind `joind`. did you mean `joined`?",
        ),
        (
            "days = 60",
            "days = 0",
            "flywheels/x.toml: step `two`, enter.days: 0 is no number of this kind. write a whole number from 1 to 36500",
        ),
        (
            "days = 60",
            "dayz = 60",
            "flywheels/x.toml: step `two`, enter.dayz: nothing reads this key. did you mean `days`?",
        ),
        (
            "unit = \"member\"",
            "unit = \"member\"\nvalue = 0",
            "flywheels/x.toml: value: 0 is nothing that a completion is worth. write how many completions",
        ),
        (
            "owner = \"community\"",
            "owner = \"comunity\"",
            "step `one`, owner: `comunity` is no department. did you mean `community`? Known: community, marketing, sales",
        ),
        (
            "owner = \"community\"",
            "owner = \"community\"\nwithin = \"2 days\"\ntask = [{ id = \"t\", title = \"T\", role = \"dj\" }]",
            "`dj` is no role that people fill. write one of community_builder, support_rota, account_executive",
        ),
        ("at_least = 2", "at_least = 0", "step `two`, enter.at_least: this always holds. write at_least = 1 or more"),
        (
            "{ fact = \"joined\" }",
            "{ elapsed_days = 3 }",
            "step `one`, enter: this can hold without any fact. add a fact",
        ),
        ("{ fact = \"joined\" }", "{ all = [] }", "step `one`, enter.all: is empty."),
        (
            "{ fact = \"joined\" }",
            "{ fact = \"joined\", latest = \"role\" }",
            "step `one`, enter: this asks for several things at once.",
        ),
        (
            "{ fact = \"joined\" }",
            "{ all = [{ fact = \"joined\" }, { fact = \"role\", where = { rol = \"x\" } }] }",
            "step `one`, enter.all[2].where.rol: these facts have no attribute `rol`. they have",
        ),
        (
            "{ fact = \"joined\" }",
            "{ fact = \"joined\", within_days = 3 }",
            "step `one`, enter.since: days after what?",
        ),
        (
            "{ fact = \"joined\" }",
            "{ fact = \"joined\", since = \"tow\" }",
            "step `one`, enter.since: there is no step `tow`. did you mean `two`?",
        ),
        (
            "segment = \"attract\"",
            "segment = \"marketing\"",
            "step `one`, segment: `marketing` is no segment. write attract, engage or delight",
        ),
        (
            "segment = \"attract\"",
            "segment = \"attract\"\nfunction = \"support\"",
            "step `one`, function: `support` is no function. write marketing, sales or service",
        ),
        (
            "segment = \"attract\"",
            "segment = \"attract\"\nfunction = 2",
            "step `one`, function: this is no text. write function = \"…\"",
        ),
        ("id = \"two\"", "id = \"one\"", "step[2].id: `one` is there twice."),
        ("id = \"two\"", "id = \"Two\"", "step[2].id: `Two` is no id."),
        (
            "title = \"Two\"",
            "title = \"Two\"\nwithin = \"2 bd\"",
            "step `two`, within: `2 bd` is no length of time. write \"2 business days\"",
        ),
        (
            "title = \"Two\"",
            "title = \"Two\"\nconfirmed = true",
            "step `two`, confirmed: a person must decide, but the conditions hold without one.",
        ),
        (
            "title = \"Two\"",
            "title = \"Two\"\nleave = [{ when = { decided = \"no\" }, to = \"oen\" }]",
            "step `two`, leave[1].to: `oen` leads nowhere. did you mean `one`?",
        ),
        (
            "title = \"Two\"",
            "title = \"Two\"\nleave = [{ when = { decided = \"no\" }, to = \"lost\", reason = \"away\" }]",
            "step `two`, leave[1].reason: `away` is no reason of this flywheel.",
        ),
        (
            "title = \"Two\"",
            "title = \"Two\"\nleave = [{ when = { decided = \"no\" }, to = \"lost\", when_over = true }]",
            "step `two`, leave[1].when_over: nobody is asked to do anything.",
        ),
        (
            "title = \"Two\"",
            "title = \"Two\"\ntask = [{ id = \"a\", title = \"A\", role = \"moderator\" }]",
            "step `two`, task: nothing says when `a` is due.",
        ),
        (
            "title = \"Two\"",
            "title = \"Two\"\nleave = [{ when = { decided = \"no\" }, to = \"one\", wakes_on = { fact = \"signal\" } }]",
            "step `two`, leave[1].wakes_on: only a snooze can be woken from. take it out, or write to = \"snoozed\"",
        ),
        (
            "days = 60 }\n",
            "days = 60 }\n[[leave]]\nwhen = { decided = \"no\" }\nto = \"lost\"\nwakes_on = { fact = \"signal\" }\n",
            "leave[1].wakes_on: only a snooze can be woken from.",
        ),
        (
            "days = 60 }\n",
            "days = 60 }\n[[leave]]\nwhen = { decided = \"no\" }\nto = \"snoozed\"\nwakes_on = { elapsed_days = 3 }\n",
            "leave[1].wakes_on: this can hold without any fact. add a fact that must come",
        ),
        ("title = \"Two\"", "title = \"Two\"\nper = \"day\"", "step `two`, per: facts are not told apart by `day`."),
        ("[[step]]\nid = \"one\"", "[[step]\nid = \"one\"", "flywheels/x.toml: line 6:"),
        (
            "enter = { fact = \"attended\", at_least = 2, days = 60 }\n",
            "",
            "nothing leads from `one` to `two`. give the first an exit or the second an enter",
        ),
    ] {
        let found = complaint(from, to);
        assert!(found.contains(said), "{to}\n{found}");
    }
}

#[test]
fn everything_wrong_is_told_at_once_with_its_line() {
    let text = GOOD.replace("unit = \"member\"\n", "").replace("joined", "joind").replace("days = 60", "dayz = 60");
    let text = format!("{text}within = \"2 bd\"\n[[scenario]]\nname = \"S\"\ndata = [\"ada joined 2026-01-05\"]\n");
    let faults = Definition::read("x", &text).unwrap_err();
    let told: Vec<(Option<usize>, &str)> = faults.iter().map(|fault| (fault.line, fault.place.as_str())).collect();
    let expected = [
        (None, "unit"),
        (Some(10), "step `one`, enter.fact"),
        (Some(16), "step `two`, enter.dayz"),
        (Some(17), "step `two`, within"),
        (Some(18), "scenario[1]"),
    ];
    assert_eq!(told, expected, "{faults:?}");
}

#[test]
fn definitions_that_do_not_fit_together_are_refused() {
    let make = |texts: &[(&str, String)]| {
        let definitions = texts.iter().map(|(id, text)| Definition::parse(id, text).unwrap()).collect();
        Machine::new(definitions, BusinessCalendar::weekdays(TimeZone::UTC))
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    let good = || GOOD.to_owned();
    let asking = |named: &str| {
        GOOD.replacen("fact = \"attended\", at_least = 2, days = 60", &format!("entered = \"{named}\""), 1)
    };
    assert_eq!(make(&[("a", good()), ("b", asking("a/two"))]), Ok(()));
    assert_eq!(
        make(&[("a", good()), ("a", good())]),
        Err("two flywheels are called `a`: rename one of their files".into())
    );
    let wrong = make(&[("alpha", good()), ("b", asking("alfa/two"))]);
    assert_eq!(wrong, Err("flywheels/b.toml: entered = \"alfa/two\" leads nowhere. Did you mean `alpha`?".into()));
    let wrong = make(&[("a", good()), ("b", asking("a/three"))]);
    assert_eq!(wrong, Err("flywheels/b.toml: entered = \"a/three\" leads nowhere. There are one, two".into()));
}
