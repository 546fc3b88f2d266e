//! What stays of texts as platforms store them. Each expectation is written by hand.

use axle_text::clean::{clean, words};
use proptest::prelude::*;
use std::borrow::Cow;

#[track_caller]
fn assert_clean(text: &str, expected: &str) {
    assert_eq!(clean(text), expected);
}

#[test]
fn prose_stays_and_is_borrowed() {
    for text in [
        "Hello there, how do I set the port?",
        "if a < b && b > c then Vec<u8>, Option<T> and List<a> & more",
        "**bold**, _italic_, `code`, https://axle.example/a_b?c=d&e=f #1 @bob :tada:",
        "- one\n- two\n\n1. three",
        "Привет, как дела? 日本語 العربية 😀",
        "On that day I wrote: nothing",
    ] {
        assert!(matches!(clean(text), Cow::Borrowed(kept) if kept == text), "{text}");
    }
    assert_eq!(clean(" x \n"), "x");
    assert_eq!(clean(""), "");
}

#[test]
fn code_blocks_become_a_mark() {
    assert_clean(
        "Try this:\n\n```rust\nfn main() { <b>panic!()</b> }\n```\n\nand `a <b> c`.",
        "Try this:\n\n`code`\n\nand `a <b> c`.",
    );
    assert_clean("see ```x = 1\ny = 2``` ok", "see `code` ok");
    assert_clean("cut:\n```\nfn main() {", "cut:\n`code`");
    assert_clean("<p>Run</p><pre><code class=\"lang-sh\">ls &lt;dir&gt;\n</code></pre><p>now</p>", "Run\n`code`\nnow");
    assert_clean("<p>call <code>Vec&lt;u8&gt;</code> here</p>", "call `Vec<u8>` here");
}

#[test]
fn markdown_quotes_and_links() {
    assert_clean("> you said\n> this\n\nI agree", "I agree");
    assert_clean(
        "See [the docs](https://axle.example/docs \"Docs\") and [a](#top).",
        "See the docs https://axle.example/docs and a.",
    );
    assert_clean(
        "[![build](https://x.example/b.svg)](https://x.example) ![image|690x400](upload://a.png) ok",
        "build  ok",
    );
    assert_clean("# Bug\n## Steps ##\ntext", "Bug\nSteps ##\ntext");
    assert_clean("<!-- please fill in\nthe form -->It fails<br>often", "It fails\noften");
    assert_clean("<details open>\n<summary>More</summary>\n\nit <b>hurts</b>\n</details>", "More\n\nit hurts");
}

#[test]
fn slack() {
    assert_clean(
        "Hi <@U012AB3CD|bob>, <@U99ZZ11AA> see <https://x.example/a|the plan> in <#C024BE7LR|general>",
        "Hi @bob, @user see the plan https://x.example/a in #general",
    );
    assert_clean(
        "<!here> a &amp; b &lt;c&gt; <https://x.example> <mailto:a@x.example|a@x.example>",
        "@here a & b <c> https://x.example a@x.example",
    );
    assert_clean(
        "<https://x.example|x.example> <!subteam^S12|@ops> <!date^1^{date}|today>",
        "https://x.example @ops today",
    );
    assert_clean("&gt; what he said\nno", "no");
    assert_clean("<@1> <#C1> <!x> <:a:>", "<@1> <#C1> <!x> <:a:>");
}

#[test]
fn discord() {
    assert_clean(
        "<@123456789012> <@!123456789012> <:party:12345> <a:wave:12345> <#123456> <t:1700000000:R>done",
        "@user @user :party: :wave: #channel done",
    );
}

#[test]
fn zulip() {
    assert_clean("@**Ada Lovelace** and @_**Bob|123** in #**help>port**", "@Ada and @Bob in #help");
    assert_clean("@_**Ada L|12** [said](https://z.example/1):\n```quote\nold words\n```\nI agree", "I agree");
    assert_clean(
        "<p><span class=\"user-mention\" data-user-id=\"5\">@Ada Lovelace</span> try <a href=\"https://z.example\">this</a></p>\n<blockquote>\n<p>old</p>\n</blockquote>\n<p>ok</p>",
        "@Ada try this https://z.example\n\nok",
    );
}

#[test]
fn discourse() {
    assert_clean(
        "[quote=\"ada, post:1, topic:2\"]\nold [b]words[/b]\n[quote]older[/quote]\n[/quote]\n\nnew words",
        "new words",
    );
    assert_clean("[quote] open, and no end", "[quote] open, and no end");
    assert_clean(
        "<aside class=\"quote\" data-username=\"ada\"><blockquote><p>old</p></blockquote></aside>\n<p>Thanks <a class=\"mention\" href=\"/u/ada\">@ada</a> <img src=\"s.png\" title=\":smile:\" class=\"emoji\" alt=\":smile:\"></p>",
        "Thanks @ada :smile:",
    );
    assert_clean(
        "<p><a href=\"https://x.example/p\">https://x.example/p</a> &hellip; it&rsquo;s</p>",
        "https://x.example/p … it’s",
    );
}

#[test]
fn mail() {
    assert_clean("Sure.\n\nOn Mon, 3 Jun 2024 at 10:00, Bob <bob@x.example> wrote:\n> can you?\n> Bob", "Sure.");
    assert_clean(
        "Sure.\n\nOn Mon, 3 Jun 2024 at 10:00, Bob\n<bob@x.example> wrote:\n\n> can you?\n\nInline answer.",
        "Sure.\n\nInline answer.",
    );
    assert_clean("Sure.\n\nOn Mon, 3 Jun 2024, Bob wrote:\n\ncan you?", "Sure.");
    assert_clean("Ja.\r\n\r\nAm 03.06.2024 um 10:00 schrieb Bob:\r\n> geht das?\r\n", "Ja.");
    assert_clean("Yes\n-----Original Message-----\nFrom: Bob\nold", "Yes");
    assert_clean("Yes\n\nFrom: Bob\nSent: Monday\nTo: Ada\nSubject: Hi\n\nold", "Yes");
    assert_clean("Yes.\n-- \nAda\nCTO", "Yes.");
    assert_clean("Yes.\n\nSent from my iPhone", "Yes.");
    assert_clean(
        "<div dir=\"ltr\">Yes.</div><br><div class=\"gmail_quote\"><div>On Monday Bob wrote:<br></div>old</div>",
        "Yes.",
    );
    assert_clean("-- \nOnly this was left", "Only this was left");
}

#[test]
fn traces_logs_tables() {
    assert_clean(
        "It fails:\nTraceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    run()\nKeyError: 'x'\nWhy?",
        "It fails:\nKeyError: 'x'\nWhy?",
    );
    assert_clean(
        "Boom\njava.lang.Error: no\n\tat a.b.C.d(C.java:12)\n\t... 3 more\nhelp",
        "Boom\njava.lang.Error: no\nhelp",
    );
    assert_clean("Log:\n2024-06-03T10:00:01Z ERROR sync: bad\n2024-06-03T10:00:02Z INFO sync: ok\nbye", "Log:\nbye");
    assert_clean("| a | b |\n|---|---|\n| 1 | 2 |\nsee above", "see above");
    assert_clean("| only | a table |", "| only | a table |");
}

#[test]
fn what_cannot_be_seen_goes() {
    assert_clean("a\u{200b}b\u{202e}c\u{7}d\u{feff}", "abcd");
    assert_clean("x\u{a0}y\rz\r\nw&#8203;&nbsp;v", "x y\nz\nw v");
    assert_clean("\u{1f469}\u{200d}\u{1f4bb}", "\u{1f469}\u{1f4bb}");
    assert_clean("<span class=\"user-mention\">@a\u{200b}da</span> knows", "@ada knows");
}

#[test]
fn only_quotes_leave_nothing() {
    assert_clean("> all\n> quoted", "");
    assert_clean("<blockquote>all</blockquote>", "");
    assert_clean("```\nall code\n```", "`code`");
}

#[test]
fn words_have_letters() {
    assert_eq!(words("two words -- :) !"), 2);
    assert_eq!(words(""), 0);
}

/// Pieces that open and close what the reader knows, in any order.
fn marked_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zé ]{0,6}",
        "[<>&`~@#\\[\\]()|:*_!\"'=/\\- \n-]{1,4}",
        prop::sample::select(vec![
            "<p>",
            "</p>",
            "<b>",
            "</b>",
            "<code>",
            "</code>",
            "<pre>",
            "</pre>",
            "<blockquote>",
            "</blockquote>",
            "<a href=\"https://x\">",
            "</a>",
            "<div class=\"gmail_quote\">",
            "</div>",
            "<span class=\"user-mention\">",
            "```",
            "```quote\n",
            "\n",
            "\n\n",
            "> ",
            "`",
            "~~~\n",
            "[quote=\"a\"]",
            "[/quote]",
            "[x](https://y)",
            "![x](y)",
            "[![",
            "<@U123|a>",
            "<https://x|y>",
            "<:a:12>",
            "@**A B**",
            "&lt;",
            "&amp;",
            "&#x200b;",
            "-- \n",
            "On 1 a wrote:\n",
            "Traceback (most recent call last):\n",
            "\u{200b}",
            "\u{202e}",
            "\u{a0}",
            "\r\n",
            "<!--",
            "-->",
            "<script>",
            "</script>",
            "<!doctype html>",
            "| a |\n",
            "---\n",
            "😀",
            "İ",
            "<img class=\"emoji\" alt=\":a:\">",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

#[test]
fn what_stands_between_marks_is_visible_too() {
    for text in ["@*\u{200b}*", "@**a\u{200b}da**", "<@ad\u{200b}a>", "[a\u{200b}b](https://a.example/\u{200b})"] {
        assert!(!clean(text).contains('\u{200b}'), "{text:?}");
    }
}

proptest! {
    #[test]
    fn marks_in_any_order(text in marked_text()) {
        let cleaned = clean(&text);
        prop_assert!(cleaned.len() <= text.len() + 16, "{:?}", cleaned);
        prop_assert_eq!(cleaned.trim(), cleaned.as_ref());
        let is_visible = !cleaned.contains(['\u{200b}', '\r']);
        prop_assert!(is_visible);
    }

    #[test]
    fn any_text(text in any::<String>()) {
        prop_assert!(clean(&text).len() <= text.len() + 16);
    }

    /// A text without any marks only loses spaces around its lines.
    #[test]
    fn plain_words_stay(text in "[a-zA-Z]{1,8}( [a-z]{1,8}){0,10}[.!?]") {
        prop_assert_eq!(clean(&text), text.as_str());
    }
}
