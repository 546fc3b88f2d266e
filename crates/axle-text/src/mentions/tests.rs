//! Sentences written for these tests and names made up for them.
use proptest::prelude::*;

use super::*;

fn found<'a>(lexicon: &'a Lexicon, text: &str) -> Vec<&'a str> {
    lexicon.find(text).into_iter().map(|mention| lexicon.terms()[mention.term].canonical.as_str()).collect()
}

fn names(text: &str) -> Vec<&'static str> {
    let mut names = found(Lexicon::known(), text);
    names.sort_unstable();
    names.dedup();
    names
}

fn own() -> Lexicon {
    Lexicon::parse(
        "1",
        "Café Noir\tcompetitor\tcafenoir.example\n# a note\n\nThimble\tbrand\t\tthimble\nThimble Cloud\tbrand\nWarpwright\ttool",
    )
}

#[test]
fn products_are_found() {
    for (text, expected) in [
        ("Let's hop on Zoom at 3", &["Zoom"][..]),
        ("can we do it over zoom?", &["Zoom"][..]),
        ("Does it work with Front and Intercom?", &["Front", "Intercom"][..]),
        ("Our designers prefer Sketch over Figma", &["Figma", "Sketch"][..]),
        ("we compared Heap, Mixpanel and PostHog", &["Heap", "Mixpanel", "PostHog"][..]),
        ("Drift's pricing page is hidden", &["Drift"][..]),
        ("Our blog runs on Ghost.", &["Ghost"][..]),
        ("the blog is on ghost, the docs on gitbook", &["Ghost", "GitBook"][..]),
        ("I read a post on Medium about this", &["Medium"][..]),
        ("is there a Matrix bridge?", &["Matrix"][..]),
        ("We schedule posts with Buffer", &["Buffer"][..]),
        ("We built the automation in Make, not Zapier", &["Make", "Zapier"][..]),
        ("Close.com has a nicer dialer", &["Close"][..]),
        ("we host it on Render", &["Render"][..]),
        ("the loom integration is broken", &["Loom"][..]),
        ("circle is cheaper than skool", &["Circle", "Skool"][..]),
        ("Linear and Notion integrate nicely", &["Linear", "Notion"][..]),
        ("filed it in linear as a bug", &["Linear"][..]),
        ("can you open a linear ticket?", &["Linear"][..]),
        ("linear.app/team/issue/ABC-1 has the details", &["Linear"][..]),
        ("check our notion page", &["Notion"][..]),
        ("docs live in notion", &["Notion"][..]),
        ("orbit.love was so good", &["Orbit"][..]),
        ("is this a replacement for Orbit?", &["Orbit"][..]),
        ("do you have a slack or discord?", &["Discord", "Slack"][..]),
        ("join our Slack!", &["Slack"][..]),
        ("DM me on discord", &["Discord"][..]),
        ("invite link: https://discord.gg/abc123", &["Discord"][..]),
        ("Slack's free plan hides old messages", &["Slack"][..]),
        ("slack-bot posts the digest", &["Slack"][..]),
        ("see the messages in #general on slack", &["Slack"][..]),
        ("does the segment integration send identify calls", &["Segment"][..]),
        ("piping events from Segment to BigQuery", &["BigQuery", "Segment"][..]),
        ("intercom is too expensive for us", &["Intercom"][..]),
        ("we use intercom for support", &["Intercom"][..]),
        ("discourse vs flarum?", &["Discourse", "Flarum"][..]),
        ("our discourse got hacked", &["Discourse"][..]),
        ("monday.com exports CSV", &["Monday"][..]),
        ("we switched from Asana to Monday", &["Asana", "Monday"][..]),
        ("The Monday integration fails with 403", &["Monday"][..]),
        ("stackoverflow.com/questions/11 solved it", &["Stack Overflow"][..]),
        ("I asked on stack overflow too", &["Stack Overflow"][..]),
        ("Found this on SO: StackOverflow has the same question", &["Stack Overflow"][..]),
        ("common room vs orbit", &["Common Room", "Orbit"][..]),
        ("Common Room pulls in GitHub stars", &["Common Room", "GitHub"][..]),
        ("We use salesforce and hub spot", &["HubSpot", "Salesforce"][..]),
        ("Saleforce is down", &["Salesforce"][..]),
        ("Zendesk’s macros", &["Zendesk"][..]),
        ("written to zendesk_tickets", &["Zendesk"][..]),
        ("Slackを使っています", &["Slack"][..]),
        ("Wir nutzen Slack und Jira", &["Jira", "Slack"][..]),
        ("pendo-style guides", &["Pendo"][..]),
        ("amplitude charts look nicer than mixpanel", &["Amplitude", "Mixpanel"][..]),
        ("snowflake costs are exploding", &["Snowflake"][..]),
        ("Snowflake billing surprised us", &["Snowflake"][..]),
        ("load it into snowflake nightly", &["Snowflake"][..]),
        ("leads come from Apollo", &["Apollo"][..]),
        ("HAS ANYONE TRIED DISCORD", &["Discord"][..]),
        ("we list events on Meetup and Luma", &["Luma", "Meetup"][..]),
    ] {
        assert_eq!(names(text), expected, "{text}");
    }
}

#[test]
fn everyday_words_are_not() {
    for text in [
        "the signal to noise ratio on the list is bad",
        "send a signal to the process",
        "zoom in on the chart to see it",
        "The zoom level is wrong on retina screens.",
        "the front end is a mess",
        "in front of the house",
        "sketch the idea before coding",
        "heap corruption in the allocator",
        "a heap of bugs landed",
        "there is some drift between the clocks",
        "a ghost in the machine",
        "use medium sized instances",
        "priority is medium for now",
        "multiply the matrix by a vector",
        "The matrix is singular",
        "flush the buffer before exit",
        "buffer overflow when the input is long",
        "debug mode is on",
        "the bank vault was open",
        "please make it faster",
        "close the issue please",
        "the height of the box is 3 pixels",
        "the plane of symmetry",
        "render the page on the server",
        "the railway station is near",
        "a twist in the story",
        "Circle back next week?",
        "linear algebra is hard",
        "I took Linear Algebra last year",
        "search is linear time",
        "non-linear growth",
        "The scan runs in linear time",
        "The notion that forums are dead is silly",
        "the satellite left its orbit",
        "electrons orbit the nucleus",
        "slack time in the schedule",
        "sow discord between teams",
        "cut me some slack",
        "don't slack off",
        "taking up the slack",
        "the segment between two points",
        "Segmentation fault again",
        "customer segment analysis",
        "Which market segment do you target?",
        "an intercom at the gate",
        "public discourse is heated",
        "Discourse analysis is a field of linguistics",
        "Monday works for me",
        "release is on Monday",
        "every monday we do triage",
        "Monday is a holiday",
        "June was quiet",
        "infinite recursion gives a stack overflow",
        "got a StackOverflowError",
        "common room bookings",
        "the amplitude and phase of the wave",
        "he is such a snowflake",
        "a snowflake fell",
        "my favourite apollo mission",
        "meta analysis of the results",
        "vote for the element in the array",
        "threads are blocked on a mutex",
        "the meetup was fun",
    ] {
        assert_eq!(names(text), [""; 0], "{text}");
    }
}

#[test]
fn own_terms_in_all_their_forms() {
    let lexicon = own();
    for (text, expected) in [
        ("we left CAFE\u{301} NOIR's hosting", &["Café Noir"][..]),
        ("café-noir, CaféNoir and café_noir", &["Café Noir", "Café Noir", "Café Noir"]),
        ("a café, noir", &[]),
        ("cafés noirs", &[]),
        ("#warpwright @warpwright warpwright.io", &["Warpwright", "Warpwright", "Warpwright"]),
        ("warpwrite, warpwrght, wrapwright, warpwrigth", &["Warpwright"; 3]),
        ("warpwrights", &["Warpwright"]),
        ("warpwrighters", &[]),
        ("Moved to Thimble Cloud and Thimble", &["Thimble Cloud", "Thimble"]),
        ("a thimble of salt", &[]),
        ("https://thimble.io/warpwright?x=warpwright", &["Thimble"]),
        ("mail thimble.warpwright@example.com", &[]),
    ] {
        assert_eq!(found(&lexicon, text), expected, "{text}");
    }
}

#[test]
fn ranges_are_bytes_of_the_text() {
    let lexicon = own();
    let text = "é: Warpwright!";
    assert_eq!(lexicon.find(text), [Mention { term: 3, range: 4..14 }]);
    let long = format!("{} Warpwright", "x ".repeat(20_000));
    assert_eq!(lexicon.find(&long), [Mention { term: 3, range: 40_001..40_011 }]);
}

#[test]
fn hostile_text_ends() {
    for text in [
        "a".repeat(2_000_000),
        "a.com/".repeat(100_000),
        "://@#".repeat(100_000),
        "slack ".repeat(100_000),
        "\u{202E}\u{301}".repeat(100_000),
    ] {
        let _ = Lexicon::known().find(&text);
    }
}

proptest! {
    /// Any text gives ranges in order, on character boundaries, not overlapping.
    #[test]
    fn ranges_are_sound(text in r"(slack|Linear|@|#|\.io|://|/| |é|を|the|\PC){0,40}") {
        let mut end = 0;
        for mention in Lexicon::known().find(&text) {
            prop_assert!(mention.range.start >= end && text.get(mention.range.clone()).is_some());
            end = mention.range.end;
        }
    }
}
