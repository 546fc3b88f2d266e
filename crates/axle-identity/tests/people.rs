//! What a reviewer can expect: who is suggested, who never is, and what needs a person.

use axle_identity::{Decision, Identity, Objection, ReasonKind, Resolver, Settings, recalibrate};

/// A crowd in which nobody is anybody else, so that names are neither all rare nor all common.
fn crowd() -> Vec<(String, String)> {
    let given = ["alma", "boris", "carla", "denis", "edda", "fabio", "greta", "hakan", "irina", "justus"];
    let surnames = ["abt", "bock", "crull", "dorn", "eyck", "frey", "gnad", "hupp", "imhof", "jost", "klee", "lutz"];
    given
        .iter()
        .flat_map(|given| surnames.iter().map(move |surname| (given, surname)))
        .enumerate()
        .map(|(n, (given, surname))| (format!("{given} {surname}"), format!("{}{n}@host{n}.example", &surname[..2])))
        .collect()
}

fn numbered(mut identities: Vec<Identity<'_>>) -> Vec<Identity<'_>> {
    identities.iter_mut().enumerate().for_each(|(place, identity)| identity.member = place as u32);
    identities
}

fn git<'a>(name: &'a str, email: &'a str) -> Identity<'a> {
    Identity { platform: "git", name: Some(name), email: Some(email), ..Identity::default() }
}

fn account<'a>(platform: &'a str, uid: &'a str, username: &'a str, name: Option<&'a str>) -> Identity<'a> {
    Identity { platform, uid: Some(uid), username: Some(username), name, ..Identity::default() }
}

/// The resolver over the crowd, with the given ones at the positions from 0.
fn among_a_crowd(some: Vec<Identity<'_>>, then: impl FnOnce(Resolver)) {
    let crowd = crowd();
    let others = crowd.iter().map(|(name, email)| git(name, email));
    then(Resolver::new(&numbered(some.into_iter().chain(others).collect()), Settings::default()));
}

fn has_reason(resolver: &Resolver, kind: ReasonKind, part: &str) -> bool {
    resolver.explain(0, 1).iter().any(|reason| reason.kind == kind && reason.text.contains(part))
}

#[test]
fn a_rare_handle_on_two_platforms() {
    let pair = vec![account("slack", "U1", "conradx", None), account("discord", "77", "Conrad_X", None)];
    among_a_crowd(pair, |resolver| {
        assert!(resolver.probability(0, 1) > 0.9);
        assert!(has_reason(&resolver, ReasonKind::Handle, "same rare handle, as username and as username: conradx"));
        assert_eq!((resolver.pairs()[0].a, resolver.pairs()[0].b), (0, 1));
    });
}

#[test]
fn one_name_in_two_writings_is_one_name() {
    for (one, other) in
        [("Jörg Quartermüller", "Joerg Quartermueller"), ("张伟明", "Weiming Zhang"), ("伟明 张", "Zhang, Weiming")]
    {
        among_a_crowd(vec![git(one, "a1@one.example"), git(other, "b2@two.example")], |resolver| {
            assert!(has_reason(&resolver, ReasonKind::Name, "same rare name:"), "{one} and {other}");
        });
    }
    let handle = vec![git("Jörg Quartermüller", "a1@one.example"), account("forum", "7", "joergquartermueller", None)];
    among_a_crowd(handle, |resolver| {
        assert!(has_reason(&resolver, ReasonKind::Handle, "username is made of the other's name"));
    });
    // One letter in two characters or in one.
    let handles = vec![account("forum", "7", "conrade\u{301}x", None), account("chat", "9", "Conrad\u{c9}x", None)];
    among_a_crowd(handles, |resolver| assert!(has_reason(&resolver, ReasonKind::Handle, "same rare handle")));
}

#[test]
fn what_is_declared_without_proof_is_asked_however_little_else_speaks_for_it() {
    let two = vec![git("Zebulon Quartermain", "zq1@gmail.com"), account("slack", "U1", "kite77", None)];
    among_a_crowd(two, |mut resolver| {
        assert!(resolver.probability(0, 1) < 0.02);
        resolver.declare(1, 0);
        // Even odds, and handles that differ: 0.6 to 1.
        let pair = resolver.declared_pairs()[0];
        assert!((pair.probability - 0.375).abs() < 0.02, "{}", pair.probability);
        assert!(has_reason(&resolver, ReasonKind::Declared, "not checked"));
        resolver.forbid(0, 1);
        assert!(resolver.declared_pairs().is_empty());
        resolver.forget_decisions();
        assert!(resolver.probability(0, 1) < 0.02);
    });
}

#[test]
fn one_telephone_or_browser_is_asked_and_one_that_many_use_is_not() {
    let names = ["Zebulon Quartermain", "Grace Zedlitzer", "Conrad Winslow", "Peggy Ostrander"];
    let caller = |name| Identity { platform: "calls", phone: Some(7), name, ..Identity::default() };
    let contact = Identity { phone: Some(7), ..account("crm", "3", "", Some(names[0])) };
    among_a_crowd(vec![caller(None), contact], |resolver| {
        assert_eq!(resolver.pairs_of(0).iter().map(|pair| pair.b).collect::<Vec<_>>(), [1]);
        assert!(resolver.probability(0, 1) > 0.5 && resolver.probability(0, 1) < 0.9);
        assert!(has_reason(&resolver, ReasonKind::Phone, "same telephone number"));
    });
    let office = names.iter().map(|name| caller(Some(*name))).chain([contact]).collect();
    among_a_crowd(office, |resolver| {
        let of_two = |a: u32, b: u32| resolver.pairs().iter().any(|pair| (pair.a, pair.b) == (a, b));
        assert!(!of_two(1, 4) && of_two(0, 4), "the name says who of the four it is");
    });
    let browser = |platform, uid| Identity { visitor: Some(7), ..account(platform, uid, "", None) };
    among_a_crowd(vec![browser("web", "w1"), browser("product", "p1")], |resolver| {
        assert!(has_reason(&resolver, ReasonKind::Visitor, "same browser") && resolver.pairs_of(0).len() == 1);
    });
}

#[test]
fn a_persons_word_on_programs_is_obeyed() {
    let accounts = |said_bot: bool, said_person: bool| {
        let of = |platform, uid| Identity {
            bot: said_bot,
            person: said_person,
            ..account(platform, uid, "quartermain[bot]", Some("Zebulon Quartermain"))
        };
        vec![of("slack", "U1"), of("discord", "77")]
    };
    // By its texts it is a program; somebody says that it is none.
    among_a_crowd(accounts(false, false), |resolver| assert!(resolver.pairs_of(0).is_empty()));
    among_a_crowd(accounts(false, true), |resolver| assert_eq!(resolver.pairs_of(0).len(), 1));
    let mut people = accounts(true, false);
    people.iter_mut().for_each(|identity| identity.username = Some("quartermain"));
    among_a_crowd(people, |resolver| assert!(resolver.pairs_of(0).is_empty()));
}

#[test]
fn a_common_name_proves_little_and_a_rare_one_much() {
    let four = vec![
        git("David Smith", "d1@gmail.com"),
        git("David Smith", "xenia@yahoo.com"),
        git("Zebulon Quartermain", "zq1@gmail.com"),
        git("Quartermain, Zebulon", "foo77@yahoo.com"),
    ];
    among_a_crowd(four, |resolver| {
        assert!(resolver.probability(2, 3) > 0.9);
        assert!(resolver.probability(0, 1) < resolver.probability(2, 3));
    });
}

#[test]
fn names_agree_however_they_are_written() {
    for (one, other) in [
        ("Ævar Arnfjörð", "Aevar Arnfjord"),
        ("Bill Quartermain", "William Quartermain"),
        ("Z. Quartermain", "Zebulon Quartermain"),
        ("Zebulon J. Quartermain", "Zebulon Quartermain"),
        ("Zebulon Quatermain", "Zebulon Quartermain"),
        ("Иван Кватермэйн", "Ivan Kvatermeyn"),
        ("Jörg Quartermüller", "Joerg Quartermueller"),
        ("Jörg Quartermüller", "Jorg Quartermuller"),
        ("Joerg Quartermueller", "Jorg Quartermuller"),
        ("Søren Quarterå", "Soeren Quarteraa"),
        ("张伟明", "Weiming Zhang"),
        ("Zhang Wei Ming", "Weiming Zhang"),
        ("김민수", "Minsu Kim"),
        ("김민수", "Kim Min-su"),
    ] {
        among_a_crowd(vec![git(one, "a1@one.example"), git(other, "b2@two.example")], |resolver| {
            let found = resolver.pairs().iter().any(|pair| (pair.a, pair.b) == (0, 1));
            assert!(found, "{one} and {other}: {}", resolver.probability(0, 1));
        });
    }
}

#[test]
fn a_handle_made_of_the_name() {
    for handle in ["cwinslow", "conrad.winslow", "winslowc", "conradwinslow42"] {
        let pair = vec![account("discord", "5", handle, None), git("Conrad Winslow", "me@cw.example")];
        among_a_crowd(pair, |resolver| {
            assert!(resolver.probability(0, 1) > 0.5, "{handle}: {}", resolver.probability(0, 1));
            assert!(resolver.pairs().iter().any(|pair| (pair.a, pair.b) == (0, 1)), "{handle}");
        });
    }
}

/// The pair of an account that shows nothing but its handle, and of one that shows nothing but its name, in a crowd.
fn handle_and_name(handle: &str, name: &str, then: impl FnOnce(Resolver)) {
    among_a_crowd(vec![account("discord", "5", handle, None), account("zulip", "7", "", Some(name))], then);
}

#[test]
fn a_name_is_read_in_a_handle() {
    for (handle, name) in [
        ("conwins", "Conrad Winslow"),
        ("winscon", "Conrad Winslow"),
        ("conradbwinslow", "Conrad Winslow"),
        ("cbwinslow", "Conrad Winslow"),
        ("winslowcx", "Conrad Winslow"),
        ("conradzq", "Conrad Zed Quartermain"),
        ("quartermaincz", "Conrad Zed Quartermain"),
        ("czedq", "Conrad Zed Quartermain"),
        ("conradzed", "Conrad Zed Quartermain"),
        ("winslow-conr-7", "Conrad Winslow"),
    ] {
        handle_and_name(handle, name, |resolver| {
            let found = resolver.pairs().iter().any(|pair| (pair.a, pair.b) == (0, 1));
            assert!(found && resolver.probability(0, 1) > 0.3, "{handle}: {}", resolver.probability(0, 1));
            assert!(has_reason(&resolver, ReasonKind::Handle, "is made of the other's name"), "{handle}");
        });
    }
}

#[test]
fn a_handle_that_holds_a_rare_word_of_the_name_is_asked_about() {
    for handle in ["heyquartermain", "quartermain.dev", "thequartermain99"] {
        handle_and_name(handle, "Zebulon Quartermain", |resolver| {
            let found = resolver.pairs().iter().any(|pair| (pair.a, pair.b) == (0, 1));
            assert!(found && resolver.probability(0, 1) < 0.5, "{handle}: {}", resolver.probability(0, 1));
            assert!(has_reason(&resolver, ReasonKind::Handle, "holds a word of the other's name"), "{handle}");
        });
    }
}

#[test]
fn what_is_anothers_name_is_not_read_in_a_handle() {
    // Another's initial, another's given name, and a whole other name.
    for (handle, name) in
        [("mwinslow", "Conrad Winslow"), ("almawinslow", "Conrad Winslow"), ("borisklee", "Borislav Kleebach")]
    {
        handle_and_name(handle, name, |resolver| {
            let found = resolver.pairs().iter().any(|pair| (pair.a, pair.b) == (0, 1));
            assert!(!found, "{handle}: {}, {:?}", resolver.probability(0, 1), resolver.explain(0, 1));
        });
    }
    // Whoever shows a name of their own has a handle of that name.
    let namesakes = vec![
        account("discord", "5", "heyquartermain", Some("Ada Quartermain")),
        account("zulip", "7", "", Some("Zebulon Quartermain")),
    ];
    among_a_crowd(namesakes, |resolver| assert!(!has_reason(&resolver, ReasonKind::Handle, "the other's name")));
}

#[test]
fn handles_that_are_two_names_are_not_near() {
    let two = |one, other| vec![account("discord", "5", one, None), account("zulip", "7", other, None)];
    // `quartermain` beside somebody's name, and two names that differ in a letter.
    let named = [git("Zebulon Quartermain", "zq1@gmail.com"), git("Zebulon Quartermann", "zq2@gmail.com")];
    for (one, other) in [("quartermain", "almaquartermain"), ("zebulonquartermain", "zebulonquartermann")] {
        among_a_crowd(two(one, other).into_iter().chain(named).collect(), |resolver| {
            assert!(has_reason(&resolver, ReasonKind::Handle, "different handles"), "{:?}", resolver.explain(0, 1));
        });
    }
    among_a_crowd(two("kitequarter", "kitequartr"), |resolver| {
        assert!(has_reason(&resolver, ReasonKind::Handle, "similar handles"));
    });
}

#[test]
fn one_more_handle_finds_the_name_that_is_read_in_it() {
    for handle in ["zequarter", "zjquartermain", "heyquartermain"] {
        among_a_crowd(vec![git("Zebulon Quartermain", "me@one.example")], |mut resolver| {
            let position = resolver.add(&Identity { member: 999, ..account("discord", "5", handle, None) });
            let found = resolver.pairs_of(position).iter().any(|pair| pair.a == 0);
            assert!(found, "{handle}: {}, {:?}", resolver.probability(0, position), resolver.explain(0, position));
        });
    }
}

#[test]
fn a_hidden_address_proves_the_account() {
    let pair = vec![account("github", "12345", "zeb", None), git("Z", "12345+renamed@users.noreply.github.com")];
    among_a_crowd(pair, |resolver| {
        assert!(resolver.probability(0, 1) > 0.99);
        assert!(has_reason(&resolver, ReasonKind::Pointer, "names the other account"));
    });
}

#[test]
fn a_profile_links_to_the_other_account() {
    let links = ["https://github.com/zebq"];
    let mut forum = account("forum", "9", "kite", None);
    forum.links = &links;
    among_a_crowd(vec![forum, account("github", "1", "zebq", None)], |resolver| {
        assert!(resolver.probability(0, 1) > 0.99);
    });
}

#[test]
fn what_many_link_to_is_no_person() {
    let links = ["https://github.com/acmecorp", "https://acmecorp.example"];
    let mut list: Vec<Identity<'_>> = ["a1", "b2", "c3", "d4"]
        .iter()
        .map(|uid| account("forum", uid, ["kite", "lark", "moor", "nook"][uid.as_bytes()[1] as usize - 49], None))
        .collect();
    list.iter_mut().for_each(|identity| identity.links = &links);
    list[0].platform = "slack";
    list.push(account("github", "1", "acmecorp", None));
    among_a_crowd(list, |resolver| {
        assert!(resolver.probability(0, 1) < 0.5, "{:?}", resolver.explain(0, 1));
        assert!(resolver.probability(0, 4) < 0.9, "{:?}", resolver.explain(0, 4));
    });
}

#[test]
fn a_handle_spells_the_name_out() {
    let pair = vec![account("slack", "U1", "ConradWinslow", None), git("cw", "conrad.b.winslow@one.example")];
    among_a_crowd(pair, |resolver| assert!(resolver.probability(0, 1) > 0.5, "{:?}", resolver.explain(0, 1)));
}

#[test]
fn colleagues_are_not_one_person() {
    let pair = vec![git("Zebulon Quartermain", "zq@kite.example"), git("Yolanda Prudhomme", "yp@kite.example")];
    among_a_crowd(pair, |resolver| assert!(resolver.probability(0, 1) < 0.05));
}

#[test]
fn two_accounts_at_one_platform_are_two_people() {
    let pair = vec![
        account("slack", "U1", "zeb", Some("Zebulon Quartermain")),
        account("slack", "U2", "zq", Some("Zebulon Quartermain")),
    ];
    among_a_crowd(pair, |resolver| assert!(resolver.probability(0, 1) < 0.5));
}

#[test]
fn nobody_stands_behind_a_shared_mailbox() {
    let list: Vec<Identity<'_>> = ["Zebulon Quartermain", "Yolanda Prudhomme", "Xaver Oberhuber", "Wilma Nagelschmidt"]
        .iter()
        .map(|name| git(name, "relay@lists.example"))
        .collect();
    among_a_crowd(list, |resolver| {
        assert!(resolver.pairs().iter().all(|pair| pair.b >= 4), "{:?}", resolver.pairs());
    });
}

#[test]
fn role_addresses_placeholders_and_bots_are_never_linked() {
    let mut bot = account("slack", "B1", "zebq", Some("Zebulon Quartermain"));
    bot.bot = true;
    let some = vec![
        bot,
        account("github", "1", "zebq", Some("Zebulon Quartermain")),
        git("unknown", "support@acme.example"),
        git("root", "support@acme.example"),
        git("helper[bot]", "a@acme.example"),
        git("helper[bot]", "b@acme.example"),
    ];
    among_a_crowd(some, |resolver| {
        assert!(resolver.pairs().iter().all(|pair| pair.a >= 6), "{:?}", resolver.pairs());
    });
}

#[test]
fn what_a_person_forbids_is_not_suggested() {
    among_a_crowd(vec![git("Zebulon Q", "z@one.example"), git("Zebulon Q", "z@two.example")], |mut resolver| {
        assert!(!resolver.pairs().is_empty());
        resolver.forbid(1, 0);
        assert!(resolver.pairs().iter().all(|pair| (pair.a, pair.b) != (0, 1)));
        assert_eq!(resolver.guard(&[0], &[1]), [Objection::Forbidden(0, 1)]);
    });
}

#[test]
fn those_who_talk_with_each_other_are_two() {
    among_a_crowd(vec![git("Zebulon Q", "z@one.example"), git("Zebulon Q", "zeb@two.example")], |mut resolver| {
        let before = resolver.probability(0, 1);
        resolver.heard_in(0, 7);
        resolver.heard_in(1, 8);
        assert!((resolver.probability(0, 1) - before).abs() < 1e-12, "two conversations");
        resolver.heard_in(1, 7);
        assert!(resolver.probability(0, 1) < before);
        assert!(has_reason(&resolver, ReasonKind::TwoVoices, "one conversation"));
    });
}

#[test]
fn those_who_speak_to_each_other_are_two() {
    among_a_crowd(vec![git("Zebulon Q", "z@one.example"), git("Zebulon Q", "zeb@two.example")], |mut resolver| {
        let before = resolver.probability(0, 1);
        resolver.addressed(0, 2);
        assert!((resolver.probability(0, 1) - before).abs() < 1e-12, "to somebody else");
        resolver.addressed(1, 0);
        assert!(resolver.probability(0, 1) < before);
        assert!(has_reason(&resolver, ReasonKind::TwoVoices, "one conversation"));
    });
}

#[test]
fn verified_addresses_of_two_people_need_a_person() {
    let verified = |name, email| Identity { email_verified: true, ..git(name, email) };
    let four = vec![
        verified("Zebulon Quartermain", "z@one.example"),
        verified("Yolanda Prudhomme", "y@two.example"),
        verified("Zeb Quartermain", "zeb@three.example"),
        git("Yolanda Prudhomme", "yo@four.example"),
    ];
    among_a_crowd(four, |resolver| {
        assert_eq!(resolver.guard(&[0], &[1]), [Objection::DifferentPeople(0, 1)]);
        assert_eq!(resolver.guard(&[0], &[2]), []);
        assert_eq!(resolver.guard(&[0], &[3]), []);
    });
}

#[test]
fn large_members_need_a_person() {
    among_a_crowd(vec![], |mut resolver| {
        resolver.settings_mut().largest_member = 3;
        assert_eq!(resolver.guard(&[0, 1], &[2]), []);
        assert_eq!(resolver.guard(&[0, 1], &[2, 3]), [Objection::TooMany(4)]);
    });
}

#[test]
fn joins_by_themselves_stop_where_two_people_would_meet() {
    let three = vec![
        git("Zebulon Quartermain", "zebq@kite.example"),
        git("Zebulon Quartermain", "zebq@other.example"),
        git("Yolanda Prudhomme", "zebq@other.example"),
    ];
    among_a_crowd(three, |resolver| {
        let joins = resolver.automatic(&resolver.pairs(), 0.05);
        assert!(joins.joined.iter().any(|pair| (pair.a, pair.b) == (0, 1)), "{joins:?}");
        assert!(joins.joined.iter().all(|pair| pair.b != 2), "{joins:?}");
    });
}

#[test]
fn identities_of_one_member_are_one_suggestion() {
    let mut four = vec![
        git("Zebulon Quartermain", "z@one.example"),
        git("Zebulon Quartermain", "zeb@two.example"),
        git("Zebulon Quartermain", "zq@three.example"),
    ];
    four[1].member = 1;
    four[2].member = 1;
    let resolver = Resolver::new(&four, Settings::default());
    assert_eq!(resolver.pairs().len(), 1);
}

#[test]
fn one_more_finds_the_same_as_all_at_once() {
    let crowd = crowd();
    let mut all: Vec<Identity<'_>> = crowd.iter().map(|(name, email)| git(name, email)).collect();
    all.push(git("Conrad Winslow", "conrad@winslow.example"));
    all.push(account("discord", "5", "cwinslow", None));
    let all = numbered(all);
    let at_once = Resolver::new(&all, Settings::default());
    let (last, before) = all.split_last().unwrap();
    let mut resolver = Resolver::new(before, Settings::default());
    let position = resolver.add(last);
    let partners = |pairs: Vec<axle_identity::Pair>| pairs.iter().map(|pair| (pair.a, pair.b)).collect::<Vec<_>>();
    assert_eq!(partners(resolver.pairs_of(position)), [(position - 1, position)]);
    assert_eq!(partners(at_once.pairs_of(position)), [(position - 1, position)]);
    assert_eq!(partners(resolver.pairs()), partners(at_once.pairs()), "whoever came later is compared as well");
    // Kept pairs and those of who is new are the same again.
    let mut kept = Resolver::new(before, Settings::default()).pairs();
    kept.extend(resolver.pairs_of(position));
    assert_eq!(partners(resolver.likeliest(kept)), partners(at_once.pairs()));
}

#[test]
fn reviewers_move_the_probability() {
    among_a_crowd(vec![git("Zebulon Q", "z@one.example"), git("Zebulon Q", "zeb@two.example")], |mut resolver| {
        let before = resolver.probability(0, 1);
        let rejected = [Decision { probability: before, accepted: false }; 20];
        resolver.settings_mut().calibration = recalibrate(&rejected);
        assert!(resolver.probability(0, 1) < before);
        assert_eq!(resolver.uncalibrated(1, 0), before);
    });
}

#[test]
fn weights_as_seen_here_keep_what_is_clear() {
    among_a_crowd(vec![git("Zebulon Q", "zebq@one.example"), git("Zebulon Q", "zebq@two.example")], |mut resolver| {
        resolver.estimate();
        assert!(resolver.probability(0, 1) > 0.9);
        assert!(resolver.probability(0, 5) < 0.01);
        let pairs = resolver.pairs();
        resolver.settings_mut().weights = Settings::default().weights;
        assert_eq!(resolver.estimate_and_pairs(), pairs, "in one go as one after the other");
    });
}

#[test]
fn a_name_written_together_is_the_name() {
    let two =
        vec![account("zulip", "5", "qx7", Some("quartermainzebulon")), git("quartermain zebulon", "f00@yahoo.com")];
    among_a_crowd(two, |resolver| assert!(resolver.probability(0, 1) > 0.5));
}
