//! An alert in words: what dropped, against what, how sure.

use super::{Fired, Held, Judgement};

impl Judgement {
    /// What dropped, against what, how sure: sentences for people. Empty when nothing is unusual.
    pub fn texts(&self) -> Vec<String> {
        let Some(fired) = self.fired else { return Vec::new() };
        let mut texts = Vec::new();
        if fired != Fired::Events {
            texts.push(self.days.text("active day", "active days"));
        }
        if fired == Fired::Events {
            texts.push(self.events.text("event", "events"));
        }
        if fired == Fired::Both {
            texts.push(self.recent_events.text("event", "events"));
        }
        // No claim of certainty: what is meant is a share of alerts.
        let percent = (self.lasts * 100.0).round().clamp(1.0, 99.0);
        texts.push(format!("That it lasts, and is no leave or quiet weeks: {percent} %."));
        texts
    }
}

impl Held {
    fn text(&self, one: &str, many: &str) -> String {
        let observed = match self.observed {
            0 => format!("No {one}"),
            1 => format!("1 {one}"),
            more => format!("{more} {many}"),
        };
        let season = if (self.season - 1.0).abs() < 0.005 {
            String::new()
        } else {
            let percent = ((self.season - 1.0) * 100.0).round();
            let word = if percent < 0.0 { "quieter" } else { "busier" };
            format!(", for all champions {} % {word} than usual", percent.abs())
        };
        format!(
            "{observed} in the last {} days, against {:.1} expected from {} in the {} days before{season}. \
             So few or fewer by chance: {:.1} %.",
            self.days,
            self.expected,
            self.baseline,
            self.baseline_days,
            self.p * 100.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELD: Held =
        Held { observed: 3, expected: 9.643, p: 0.0074, days: 30, baseline: 60, baseline_days: 180, season: 1.0 };

    #[test]
    fn the_text_says_what_dropped_against_what_and_how_sure() {
        let judgement =
            Judgement { days: HELD, events: HELD, recent_events: HELD, fired: Some(Fired::Days), lasts: 0.834 };
        assert_eq!(
            judgement.texts(),
            [
                "3 active days in the last 30 days, against 9.6 expected from 60 in the 180 days before. \
                 So few or fewer by chance: 0.7 %.",
                "That it lasts, and is no leave or quiet weeks: 83 %."
            ]
        );
        assert_eq!(Judgement { fired: None, ..judgement }.texts(), [] as [&str; 0]);
        let quiet = Held { observed: 0, expected: 8.68, season: 0.9, ..HELD };
        assert!(quiet.text("active day", "active days").starts_with("No active day in the last 30 days, against 8.7"));
        assert!(quiet.text("active day", "active days").contains("for all champions 10 % quieter than usual"));
    }
}
