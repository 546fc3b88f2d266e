//! What was sent from one of a page's forms and cannot be: the form is shown again as it was typed, with what to change.

/// Which form, its fields, and what to change. Empty on a page that is only looked at.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The form's name on its page: `teammate`, `absence`, …
    pub form: &'static str,
    /// What to change.
    pub problem: String,
    /// Names and values of its fields.
    pub fields: Vec<(String, String)>,
}

impl Typed {
    /// Whether it was this form.
    pub(crate) fn was_sent(&self, form: &str) -> bool {
        !self.problem.is_empty() && self.form == form
    }

    /// What to change in this form; `None` unless it was sent.
    pub(crate) fn problem_of(&self, form: &str) -> Option<&str> {
        self.was_sent(form).then_some(self.problem.as_str())
    }

    /// A field of this form as it was typed; empty unless it was sent.
    pub(crate) fn of(&self, form: &str, name: &str) -> &str {
        self.all(form, name).next().unwrap_or_default()
    }

    /// Every value of a field of this form, as of boxes that are ticked; none unless it was sent.
    pub(crate) fn all(&self, form: &str, name: &str) -> impl Iterator<Item = &str> {
        let fields = if self.was_sent(form) { self.fields.as_slice() } else { &[] };
        fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
