//! Writes how well texts are read, as Markdown, from gold sets; on each set with heads that did not learn from it.
//!
//! ```sh
//! cargo run --release -p axle-text --example quality -- DATA [--small HEADS] [--large HEADS] [--models FOLDER]
//!     [--measured JSON] [--chats LINES] [--mood-held-out MODEL] [--tsv FILE] > docs/reference/text-quality.md
//! ```
//!
//! `--chats` are lines of `training/chats/draw.py`, `--mood-held-out` is a model of `training/finetune.py --left-out split`.
//! `DATA` holds `nlp/` and `sentiment/`; the rest is found from the root of the repository. `--tsv` writes the figures of
//! labels and languages, which the program shows. Takes some minutes, nearly all of them for the large tier.
#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]

mod labels;
mod moods;
mod others;
mod page;
mod scores;
mod sets;

use std::{collections::HashMap, fs, path::Path};

use axle_model::label::Reading;
use axle_text::large::Files;
use axle_text::{Bytes, LargeReader, Lexicon, Reader, Text};

use page::Page;

type Failure = Box<dyn std::error::Error>;

/// Both tiers, with heads that saw no test part.
pub struct Readers {
    pub small: Reader,
    pub large: LargeReader,
    /// With a model of moods that has not learnt from the comments of GitHub that are read here.
    pub large_for_github: Option<LargeReader>,
    lexicon: Lexicon,
}

impl Readers {
    /// What both tiers say of a text.
    pub fn both(&self, body: &str) -> [Reading; 2] {
        self.both_with(&self.large, body)
    }

    /// The same, with this large tier.
    pub fn both_with(&self, large: &LargeReader, body: &str) -> [Reading; 2] {
        let text = Text { title: None, body };
        [self.small.read(&text, &self.lexicon), self.small.read_with(large, &text, &self.lexicon)]
    }
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let data = arguments.next().ok_or("which folder of data?")?;
    let mut options: HashMap<String, String> = HashMap::new();
    while let Some(name) = arguments.next() {
        options.insert(name, arguments.next().ok_or("an option has no value")?);
    }
    let option = |name: &str, usual: &str| options.get(name).cloned().unwrap_or_else(|| usual.to_owned());
    let bytes =
        |file: &str| fs::read(file).map(|bytes| Bytes::Shared(bytes.into())).map_err(|e| format!("{file}: {e}"));
    let models = option("--models", "models");
    let vocabulary = fs::read_to_string(format!("{models}/minilm-vocab.txt"))?;
    let large = |mood: &str| -> Result<LargeReader, Failure> {
        Ok(LargeReader::load(Files {
            model: bytes(&format!("{models}/minilm-l6-q8.safetensors"))?,
            vocabulary: &vocabulary,
            heads: bytes(&option("--large", "training/held-out/heads-minilm-v2-held-out.safetensors"))?,
            mood: bytes(mood)?,
        })?)
    };
    let readers = Readers {
        small: Reader::with_heads(bytes(&option("--small", "training/held-out/heads-v2-held-out.safetensors"))?)?,
        large: large(&format!("{models}/sentiment-minilm-q8.safetensors"))?,
        large_for_github: options.get("--mood-held-out").map(|mood| large(mood)).transpose()?,
        lexicon: Lexicon::new("none", Vec::new()),
    };
    let measured = serde_json::from_str(&fs::read_to_string(option("--measured", "training/measured.json"))?)?;
    let data = Path::new(&data);
    let mut page = Page::default();
    let mut tsv = labels::messages(&mut page, &readers, data, &measured)?;
    if let Some(file) = options.get("--chats") {
        labels::chats(&mut page, &readers, Path::new(file))?;
    }
    labels::calls(&mut page, &readers, data)?;
    let large_moods = fs::read_to_string(option("--measured-large-moods", "training/measured-large-moods.json"))?;
    moods::moods(&mut page, &readers, data, &measured, &serde_json::from_str(&large_moods)?)?;
    tsv.push_str(&others::language(&mut page, &readers, data)?);
    others::mentions(&mut page, data)?;
    others::duplicates(&mut page, &readers, data)?;
    print!("{}", page.finish());
    if let Some(file) = options.get("--tsv") {
        fs::write(file, tsv)?;
    }
    Ok(())
}
