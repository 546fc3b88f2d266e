//! Language, mentions, and similar questions.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

use axle_text::similar::{
    Document, Index, MODEL_TITLE_WEIGHT, Ranking, STATIC_TITLE_WEIGHT, model_text, title_and_text,
};
use axle_text::{Lexicon, Text, language::detect, static_table::StaticTable};
use serde_json::Value;

use super::{
    Failure, Readers,
    page::{Page, three},
    scores::{Counts, share},
    sets,
};

const LENGTHS: [usize; 4] = [10, 25, 50, 100];

/// Codes of the set and of the program.
const CODES: [(&str, &str); 20] = [
    ("ara", "ar"),
    ("ces", "cs"),
    ("cmn", "zh"),
    ("deu", "de"),
    ("eng", "en"),
    ("fra", "fr"),
    ("hin", "hi"),
    ("ind", "id"),
    ("ita", "it"),
    ("jpn", "ja"),
    ("kor", "ko"),
    ("nld", "nl"),
    ("pol", "pl"),
    ("por", "pt"),
    ("rus", "ru"),
    ("spa", "es"),
    ("swe", "sv"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("vie", "vi"),
];

/// How often the language is right, from the first characters.
/// Answers the lines of the table that the program shows: `language`, code, share from 25 characters.
pub fn language(page: &mut Page, readers: &Readers, data: &Path) -> Result<String, Failure> {
    let texts = sets::lines(&data.join("nlp/language_dev.jsonl"))?;
    page.section(
        "Language",
        &format!(
            "The share of {} texts of the Universal Declaration of Human Rights whose language is right from their first characters; \
             shorter\ntexts are taken whole. The model learnt from news and web pages. \"Unknown\" counts as wrong.",
            texts.len()
        ),
    );
    let mut right: BTreeMap<&str, (usize, [usize; 4])> = BTreeMap::new();
    for line in &texts {
        let told = line["lang"].as_str().unwrap_or_default();
        let code = CODES.iter().find(|(three, _)| *three == told).ok_or("a language without a code")?.1;
        let (count, counts) = right.entry(code).or_default();
        *count += 1;
        for (right, length) in counts.iter_mut().zip(LENGTHS) {
            let cut: String = sets::text(line, "text").chars().take(length).collect();
            *right += usize::from(detect(&cut).is_some_and(|found| found.code == code));
        }
    }
    let sums = LENGTHS.iter().enumerate().map(|(at, _)| right.values().map(|(_, counts)| counts[at]).sum::<usize>());
    let all: Vec<f64> = sums.map(|sum| share(sum, texts.len())).collect();
    let mut rows = vec![
        [vec!["all".to_owned(), texts.len().to_string()], all.iter().map(|share| three(*share)).collect()].concat(),
    ];
    let mut tsv = String::new();
    for (code, (count, counts)) in &right {
        tsv.push_str(&format!("language\t{code}\t{}\n", three(share(counts[1], *count))));
        let shares = counts.map(|right| three(share(right, *count))).to_vec();
        rows.push([vec![(*code).to_owned(), count.to_string()], shares].concat());
    }
    page.table(&["language", "texts", "10 characters", "25", "50", "100"], &rows);
    page.goal("language from 25 characters", "small", all[1], [0.95, 0.98]);
    let mut rows = Vec::new();
    let (mut english, mut count) = (0, 0);
    for (name, file) in
        [("GitHub", "sentiment_github_train.jsonl"), ("Stack Overflow", "sentiment_stackoverflow_train.jsonl")]
    {
        let comments = sets::lines(&data.join("nlp").join(file))?;
        let is_english = |line: &&Value| {
            let text = Text { title: None, body: line["text"].as_str().unwrap_or_default() };
            detect(&readers.small.words(&text)).is_some_and(|found| found.code == "en")
        };
        let called = comments.iter().filter(is_english).count();
        rows.push(vec![name.to_owned(), comments.len().to_string(), three(share(called, comments.len()))]);
        english += called;
        count += comments.len();
    }
    page.table(&["English comments of developers", "texts", "called English"], &rows);
    page.goal("English comments of developers called English", "small", share(english, count), [0.95, 0.95]);
    Ok(tsv)
}

/// How well names of products are found.
pub fn mentions(page: &mut Page, data: &Path) -> Result<(), Failure> {
    let lines = sets::lines(&data.join("nlp/mentions_train.jsonl"))?;
    page.section(
        "Mentions",
        &format!(
            "{} texts with names of products, some of them everyday words such as slack and linear. **Whoever wrote the rules and the list of \
             names\nhad read these texts**, so the figures say only that the rules do what was meant.",
            lines.len()
        ),
    );
    let lexicon = Lexicon::known();
    let (mut right, mut wrong, mut missed) = (0, 0, 0);
    for line in &lines {
        let text = sets::text(line, "text");
        let found: BTreeSet<&str> =
            lexicon.find(&text).iter().map(|found| lexicon.terms()[found.term].canonical.as_str()).collect();
        let expected: BTreeSet<&str> =
            line["mentions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        right += found.intersection(&expected).count();
        wrong += found.difference(&expected).count();
        missed += expected.difference(&found).count();
    }
    let counts = Counts::new(right, wrong, missed);
    let figures = [counts.precision(), counts.recall(), counts.f1()].map(three);
    page.table(&["precision", "recall", "F1"], &[figures.to_vec()]);
    page.goal("mentions, seen by their authors, F1", "small", counts.f1(), [0.90, 0.95]);
    Ok(())
}

struct Question {
    id: u32,
    title: String,
    body: String,
    vector: Vec<f32>,
    second: Vec<f32>,
}

impl Question {
    fn document(&self) -> Document<'_> {
        Document { title: &self.title, body: &self.body, vector: &self.vector, second: &self.second }
    }
}

/// How early the other of a pair of duplicates is found.
pub fn duplicates(page: &mut Page, readers: &Readers, data: &Path) -> Result<(), Failure> {
    let docs = sets::lines(&data.join("nlp/duplicates_askubuntu_docs.jsonl"))?;
    let pairs = sets::lines(&data.join("nlp/duplicates_askubuntu_pairs.jsonl"))?;
    page.section(
        "Similar questions",
        &format!(
            "{} pairs of duplicates among {} questions of Ask Ubuntu, each asked for with the other. MRR@10 is the mean of one over the \
             place at\nwhich it is found, 0 beyond the tenth. The few weights that mix words and vectors, and how much of a body is read,\nwere chosen on these pairs.",
            pairs.len(),
            docs.len()
        ),
    );
    let (table, model) = (StaticTable::built_in(), readers.large.model());
    let number = |line: &Value, field: &str| line[field].as_u64().and_then(|number| u32::try_from(number).ok());
    let mut questions = HashMap::new();
    let mut index = Index::new();
    for doc in &docs {
        let (id, title, body) = (number(doc, "id").ok_or("no id")?, sets::text(doc, "title"), sets::text(doc, "body"));
        let whole = table.vector(&format!("{title} {body}"));
        let vector = title_and_text(&table.vector(&title), &whole, STATIC_TITLE_WEIGHT);
        let text = model.embed_document(&model_text(&title, &body));
        let second = title_and_text(&model.embed(&title), &text, MODEL_TITLE_WEIGHT);
        let question = Question { id, title, body, vector, second };
        index.put(id, &question.document());
        questions.insert(id, question);
    }
    let mut asked = Vec::new();
    for pair in &pairs {
        let (a, b) = (number(pair, "a").ok_or("no pair")?, number(pair, "b").ok_or("no pair")?);
        asked.extend([(a, b), (b, a)]);
    }
    let mut rows = Vec::new();
    let ways = [
        ("BM25", &Ranking::BM25),
        ("static vector", &Ranking::VECTOR),
        ("small tier", &Ranking::SMALL),
        ("MiniLM's vector", &Ranking::SECOND),
        ("large tier", &Ranking::LARGE),
    ];
    for (name, ranking) in ways {
        let mut places = Vec::new();
        for (from, to) in &asked {
            let query = questions.get(from).ok_or("a pair without a question")?;
            let hits = index.search(&query.document(), ranking, Some(query.id), 10);
            places.extend(hits.iter().position(|hit| hit.id == *to));
        }
        let mrr = places.iter().map(|place| 1.0 / (place + 1) as f64).sum::<f64>() / asked.len() as f64;
        let within = |most: usize| three(share(places.iter().filter(|place| **place < most).count(), asked.len()));
        rows.push(vec![name.to_owned(), three(mrr), within(1), within(5), within(10)]);
        match name {
            "small tier" => page.goal("duplicate questions, MRR@10", "small", mrr, [0.37, 0.42]),
            "large tier" => page.goal("duplicate questions, MRR@10", "large", mrr, [0.50, 0.55]),
            _ => {}
        }
    }
    page.table(&["by", "MRR@10", "found first", "among the first 5", "among the first 10"], &rows);
    Ok(())
}
