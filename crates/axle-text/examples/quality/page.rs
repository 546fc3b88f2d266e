//! The page: words that stand above, goals, tables.

use std::fmt::Write;

const HEAD: &str = "\
<!-- Written by `crates/axle-text/examples/quality`; edits are lost. -->

# How well Axle reads

What the program says of texts, beside what people said of them. All figures are taken by the program's own code, except two
columns that need heads trained again and again, which `training/heads.py` measures: they are marked with a star.

- **No set is read by heads that learnt from it.** The heads that ship have learnt from most of these sets, so heads are used here that
  were trained in the same way without them. [How each set is divided](../../training/README.md).
- **The small tier** is in the program and reads every text. **The large tier** reads 30 MB of files and is asked where it is worth the time.
- **Precision**: of what was given a label, how much has it. **Recall**: of what has it, how much was given it. **F1**: between the two, 1 is
  perfect. **AP**, average precision: how well the label's scores sort texts, whatever the threshold. **Macro-F1**: the mean of F1 over negative,
  neutral and positive.

What the figures do not say:

- Whoever wrote examples and rules had read the visible messages and mentions, so texts of other communities are read somewhat worse. \"One writer
  left out\" is nearer to that.
- Labels and mood are read in English alone; of other languages only a question mark is told, and nothing here measures that.
- Among 298 messages most labels have 20 to 30: chance alone may move a figure of theirs by 0.1.
- What people call negative or neutral differs from set to set, so a figure of one set is not that of another.
";

/// A figure with what it should be.
struct Goal {
    what: String,
    tier: &'static str,
    figure: f64,
    /// What it must reach, and what would be good.
    goals: [f64; 2],
    digits: usize,
    is_most: bool,
}

/// The tables so far.
#[derive(Default)]
pub struct Page {
    goals: Vec<Goal>,
    text: String,
}

impl Page {
    /// A heading with a paragraph.
    pub fn section(&mut self, title: &str, words: &str) {
        eprintln!("{title}");
        write!(self.text, "\n## {title}\n\n{words}\n").expect("a string takes everything");
    }

    /// A table.
    pub fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            cells.fold("|".to_owned(), |line, cell| line + " " + cell + " |") + "\n"
        };
        self.text.push('\n');
        self.text += &line(&mut head.iter().copied());
        self.text += &line(&mut head.iter().map(|_| "---"));
        for row in rows {
            self.text += &line(&mut row.iter().map(String::as_str));
        }
    }

    /// A paragraph.
    pub fn words(&mut self, words: &str) {
        write!(self.text, "\n{words}\n").expect("a string takes everything");
    }

    /// A share that should be at least so high.
    pub fn goal(&mut self, what: &str, tier: &'static str, figure: f64, goals: [f64; 2]) {
        self.goals.push(Goal { what: what.to_owned(), tier, figure, goals, digits: 2, is_most: false });
    }

    /// Points that should be at least so many.
    pub fn points(&mut self, what: &str, tier: &'static str, figure: f64, goals: [f64; 2]) {
        self.goals.push(Goal { what: what.to_owned(), tier, figure, goals, digits: 1, is_most: false });
    }

    /// A rate that should be at most so high.
    pub fn at_most(&mut self, what: &str, tier: &'static str, figure: f64, goals: [f64; 2]) {
        self.goals.push(Goal { what: what.to_owned(), tier, figure, goals, digits: 1, is_most: true });
    }

    /// The page as Markdown.
    pub fn finish(mut self) -> String {
        let tables = std::mem::take(&mut self.text);
        self.section(
            "Goals",
            "Each goal has two numbers: the first is what reading must reach, the second what would be good.",
        );
        let rows: Vec<_> = self.goals.iter().map(Goal::row).collect();
        self.table(&["what", "tier", "figure", "goal", "reached"], &rows);
        format!("{HEAD}{}{tables}", self.text)
    }
}

impl Goal {
    fn row(&self) -> Vec<String> {
        let reaches = |goal: f64| if self.is_most { self.figure <= goal } else { self.figure >= goal };
        let reached = match self.goals.map(reaches) {
            [_, true] if self.goals[0] != self.goals[1] => "both",
            [true, true] => "yes",
            [true, _] => "the first",
            _ => "**no**",
        };
        let (digits, more) = (self.digits, if self.digits == 2 { 4 } else { 1 });
        let goal = match (self.goals, self.is_most) {
            ([one, other], _) if one == other => format!("{one:.digits$}"),
            ([one, other], false) => format!("{one:.digits$} / {other:.digits$}"),
            ([one, other], true) => format!("at most {one:.0} / {other:.0}"),
        };
        vec![self.what.clone(), self.tier.to_owned(), format!("{:.more$}", self.figure), goal, reached.to_owned()]
    }
}

/// With two digits.
pub fn two(figure: f64) -> String {
    format!("{figure:.2}")
}

/// With three digits.
pub fn three(figure: f64) -> String {
    format!("{figure:.3}")
}
