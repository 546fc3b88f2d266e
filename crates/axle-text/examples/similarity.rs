//! Measures similarity on gold sets: `cargo run --release --example similarity FOLDER [MODELS]`, where the folder holds
//! `duplicates_askubuntu_docs.jsonl`, `duplicates_askubuntu_pairs.jsonl`, `sts_forums.jsonl` and `intents_clinc.jsonl`,
//! and `MODELS` holds `minilm-l6-q8.safetensors` and `minilm-vocab.txt`.
//!
//! Duplicates: for each pair, both ways, all other documents are ranked for the query.
#![allow(clippy::print_stdout)]

use std::{collections::HashMap, path::Path, time::Instant};

use axle_text::{Bytes, minilm::MiniLm, similar, similar::*, static_table::StaticTable};
use serde_json::Value;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let folder = Path::new(&folder);
    let table = StaticTable::built_in();
    let docs = lines(&folder.join("duplicates_askubuntu_docs.jsonl"))?;
    let pairs = lines(&folder.join("duplicates_askubuntu_pairs.jsonl"))?;
    let model = arguments.next().map(|models| load(Path::new(&models))).transpose()?;
    let docs: Vec<Read> = docs.iter().map(|doc| Read::new(doc, &table, model.as_ref())).collect();
    duplicates(&docs, &pairs, model.is_some());
    let by_table = |text: &str| table.vector(text).to_vec();
    sentences(&folder.join("sts_forums.jsonl"), "static vector", by_table)?;
    intents(&folder.join("intents_clinc.jsonl"), "static vector", by_table)?;
    if let Some(model) = &model {
        let by_model = |text: &str| model.embed(text).to_vec();
        sentences(&folder.join("sts_forums.jsonl"), "sentence model", by_model)?;
        intents(&folder.join("intents_clinc.jsonl"), "sentence model", by_model)?;
    }
    speed(&docs);
    Ok(())
}

fn load(models: &Path) -> Result<MiniLm, Failure> {
    let vocabulary = std::fs::read_to_string(models.join("minilm-vocab.txt"))?;
    Ok(MiniLm::load(Bytes::Shared(std::fs::read(models.join("minilm-l6-q8.safetensors"))?.into()), &vocabulary)?)
}

struct Read {
    id: u32,
    title: String,
    body: String,
    vector: Vec<f32>,
    text_vector: Vec<f32>,
    second: Vec<f32>,
}

impl Read {
    fn new(doc: &Value, table: &StaticTable, model: Option<&MiniLm>) -> Self {
        let (title, body) = (text(doc, "title"), text(doc, "body"));
        let whole = table.vector(&format!("{title} {body}"));
        let vector = title_and_text(&table.vector(&title), &whole, STATIC_TITLE_WEIGHT);
        let second = model.map(|model| {
            let text = model.embed_document(&model_text(&title, &body));
            title_and_text(&model.embed(&title), &text, MODEL_TITLE_WEIGHT)
        });
        let second = second.unwrap_or_default();
        Self { id: number(doc, "id"), title, body, vector, text_vector: whole.to_vec(), second }
    }

    fn document(&self) -> Document<'_> {
        Document { title: &self.title, body: &self.body, vector: &self.vector, second: &self.second }
    }

    /// With one vector of title and body, as simpler methods have it.
    fn plain(&self) -> Document<'_> {
        Document { vector: &self.text_vector, ..self.document() }
    }
}

fn duplicates(docs: &[Read], pairs: &[Value], has_second: bool) {
    println!("duplicates: {} documents, {} pairs, both ways", docs.len(), pairs.len());
    println!("{:<34} {:>7} {:>6} {:>6} {:>6} {:>8}", "", "MRR@10", "R@1", "R@5", "R@10", "ms");
    let plain = index(docs, Read::plain);
    let full = index(docs, Read::document);
    row("BM25", docs, pairs, &plain, Read::plain, &Ranking::BM25);
    row("weighted words", docs, pairs, &plain, Read::plain, &Ranking::WORDS);
    row("static vector", docs, pairs, &plain, Read::plain, &Ranking::VECTOR);
    row("static vector + title's", docs, pairs, &full, Read::document, &Ranking::VECTOR);
    row("BM25 + static vector", docs, pairs, &plain, Read::plain, &Ranking::BM25_AND_VECTOR);
    row("BM25 + static vector + title's", docs, pairs, &full, Read::document, &Ranking::BM25_AND_VECTOR);
    row("small tier", docs, pairs, &full, Read::document, &Ranking::SMALL);
    if has_second {
        row("sentence model", docs, pairs, &full, Read::document, &Ranking::SECOND);
        row("large tier", docs, pairs, &full, Read::document, &Ranking::LARGE);
    }
    println!("\nprecision of the best hit by its lead (right = the pair's other half)");
    leads("small tier", docs, pairs, &full, &Ranking::SMALL);
    if has_second {
        leads("large tier", docs, pairs, &full, &Ranking::LARGE);
    }
}

fn index<'a>(docs: &'a [Read], document: impl Fn(&'a Read) -> Document<'a>) -> Index {
    let mut index = Index::new();
    for doc in docs {
        index.put(doc.id, &document(doc));
    }
    index
}

/// The queries with their answers.
fn asked<'a>(docs: &'a [Read], pairs: &[Value]) -> Vec<(&'a Read, u32)> {
    let by_id: HashMap<u32, &Read> = docs.iter().map(|doc| (doc.id, doc)).collect();
    let both =
        pairs.iter().flat_map(|pair| [("a", "b"), ("b", "a")].map(|(from, to)| (number(pair, from), number(pair, to))));
    both.map(|(from, to)| (by_id[&from], to)).collect()
}

fn row<'a>(
    name: &str,
    docs: &'a [Read],
    pairs: &[Value],
    index: &Index,
    document: impl Fn(&'a Read) -> Document<'a>,
    ranking: &Ranking,
) {
    let queries = asked(docs, pairs);
    let start = Instant::now();
    let (mut mrr, mut recall) = (0.0, [0; 3]);
    for (query, answer) in &queries {
        let hits = index.search(&document(query), ranking, Some(query.id), 10);
        if let Some(rank) = hits.iter().position(|hit| hit.id == *answer) {
            mrr += 1.0 / (rank + 1) as f64;
            recall.iter_mut().zip([1, 5, 10]).for_each(|(count, depth)| *count += usize::from(rank < depth));
        }
    }
    let all = queries.len() as f64;
    let [one, five, ten] = recall.map(|count| count as f64 / all);
    let ms = start.elapsed().as_secs_f64() * 1e3 / all;
    println!("{name:<34} {:>7.4} {one:>6.3} {five:>6.3} {ten:>6.3} {ms:>8.2}", mrr / all);
}

fn leads(name: &str, docs: &[Read], pairs: &[Value], index: &Index, ranking: &Ranking) {
    let best = |(query, answer): &(&Read, u32)| {
        let hit = index.search(&query.document(), ranking, Some(query.id), 1).into_iter().next();
        hit.map(|hit| (hit.lead, hit.id == *answer))
    };
    let mut leads: Vec<(f32, bool)> = asked(docs, pairs).iter().filter_map(best).collect();
    for least in [0.2, 0.25, 0.28, 0.3, 0.31, 0.32, 0.33, 0.35, 0.4] {
        leads.retain(|(lead, _)| *lead >= least);
        let right = leads.iter().filter(|(_, is_right)| *is_right).count();
        let mark = if least == ranking.sure { " <- sure" } else { "" };
        println!("{name}, lead {least:.2}: {:.3} of {}{mark}", right as f64 / leads.len().max(1) as f64, leads.len());
    }
}

/// Rank correlation of cosines with people's scores.
fn sentences(file: &Path, name: &str, vector: impl Fn(&str) -> Vec<f32>) -> Result<(), Failure> {
    let mut sets: HashMap<String, (Vec<f64>, Vec<f64>)> = HashMap::new();
    for line in lines(file)? {
        let set = sets.entry(text(&line, "set")).or_default();
        set.0.push(f64::from(dot(&vector(&text(&line, "a")), &vector(&text(&line, "b")))));
        set.1.push(line["score"].as_f64().unwrap_or_default());
    }
    let mut sets: Vec<_> = sets.into_iter().collect();
    sets.sort_by(|a, b| a.0.cmp(&b.0));
    for (set, (cosines, scores)) in sets {
        println!(
            "\nsentence pairs {set}: Spearman {:.3} ({} pairs), {name}",
            spearman(&cosines, &scores),
            scores.len()
        );
    }
    Ok(())
}

fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (ranks(a), ranks(b));
    let middle = (a.len() as f64 + 1.0) / 2.0;
    let sum =
        |pairs: &mut dyn Iterator<Item = (&f64, &f64)>| pairs.map(|(a, b)| (a - middle) * (b - middle)).sum::<f64>();
    let own = |ranks: &[f64]| sum(&mut ranks.iter().zip(ranks));
    sum(&mut a.iter().zip(&b)) / (own(&a) * own(&b)).sqrt()
}

/// Ranks from 1; equal values share their mean rank.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    for group in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let before = order.iter().position(|at| *at == group[0]).unwrap_or_default();
        group.iter().for_each(|at| ranks[*at] = before as f64 + (group.len() as f64 + 1.0) / 2.0);
    }
    ranks
}

/// Whether the nearest training sentence has the intent.
fn intents(file: &Path, name: &str, vector: impl Fn(&str) -> Vec<f32>) -> Result<(), Failure> {
    let lines = lines(file)?;
    let vectors = |split: &str| -> Vec<(String, Vec<f32>)> {
        let lines = lines.iter().filter(|line| text(line, "split") == split);
        lines.map(|line| (text(line, "intent"), vector(&text(line, "text")))).collect()
    };
    let (known, asked) = (vectors("train"), vectors("val"));
    let nearest = |vector: &[f32]| known.iter().max_by(|a, b| dot(&a.1, vector).total_cmp(&dot(&b.1, vector)));
    let right = asked.iter().filter(|(intent, vector)| nearest(vector).is_some_and(|near| near.0 == *intent)).count();
    println!(
        "\nintents: {:.3} right by the nearest of {} ({} asked), {name}",
        right as f64 / asked.len() as f64,
        known.len(),
        asked.len()
    );
    Ok(())
}

/// Time and memory for a large community: the documents, each many times with a word of its own.
fn speed(docs: &[Read]) {
    const MANY: u32 = 100_000;
    let mut index = Index::new();
    let start = Instant::now();
    for id in 0..MANY {
        let doc = &docs[id as usize % docs.len()];
        let body = format!("{} own{id}", doc.body);
        index.put(id, &Document { body: &body, ..doc.document() });
    }
    println!(
        "\n{MANY} documents: built in {:.1} s, {} bytes each",
        start.elapsed().as_secs_f64(),
        index.bytes() / MANY as usize
    );
    for (name, ranking) in [("small", &Ranking::SMALL), ("large", &Ranking::LARGE)] {
        let timed = |from: usize, to: usize| {
            let start = Instant::now();
            docs[from..to].iter().for_each(|doc| drop(index.search(&doc.document(), ranking, None, 10)));
            start.elapsed().as_secs_f64() * 1e3 / (to - from) as f64
        };
        println!("{name} tier: first search {:.1} ms, then {:.1} ms", timed(0, 1), timed(1, 21));
    }
    let start = Instant::now();
    (0..1_000).for_each(|id| index.put(id * 7, &docs[id as usize].document()));
    println!("replacing: {:.3} ms a document", start.elapsed().as_secs_f64());
    let vectors: Vec<&[f32]> = docs.iter().map(|doc| &*doc.vector).collect();
    println!("mean of {}: {} wide", vectors.len(), similar::mean(&vectors).len());
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn lines(file: &Path) -> Result<Vec<Value>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn text(line: &Value, field: &str) -> String {
    line[field].as_str().unwrap_or_default().to_owned()
}

fn number(line: &Value, field: &str) -> u32 {
    line[field].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(u32::MAX)
}
