//! An alert in words: what dropped, against what, how sure.

use axle_model::time::{LocalDay, date_of_day};

use super::{Fired, Held, Judgement};

impl Judgement {
    /// What dropped before a local day, against what, how sure: sentences for people. Empty when nothing is unusual.
    pub fn texts(&self, as_of: LocalDay) -> Vec<String> {
        let Some(fired) = self.fired else { return Vec::new() };
        let mut texts = Vec::new();
        if fired != Fired::Events {
            texts.push(self.days.text(as_of, "active day", "active days"));
        }
        if fired == Fired::Events {
            texts.push(self.events.text(as_of, "event", "events"));
        }
        if fired == Fired::Both {
            texts.push(self.recent_events.text(as_of, "event", "events"));
        }
        // No claim of certainty: what is meant is a share of alerts.
        let percent = (self.lasts * 100.0).round().clamp(1.0, 99.0);
        texts.push(format!("That it lasts, and is no leave or quiet weeks: {percent} %."));
        texts
    }
}

impl Held {
    fn text(&self, as_of: LocalDay, one: &str, many: &str) -> String {
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
            "{observed} in the {} days before {}, against {:.1} expected from {} in the {} days before those{season}. \
             So few or fewer by chance: {:.1} %.",
            self.days,
            date_of_day(as_of).strftime("%-d %b %Y"),
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

    /// 24 September 2026, 20,720 days after the first of January 1970.
    const AS_OF: LocalDay = 20_720;

    #[test]
    fn the_text_says_what_dropped_against_what_and_how_sure() {
        let judgement =
            Judgement { days: HELD, events: HELD, recent_events: HELD, fired: Some(Fired::Days), lasts: 0.834 };
        assert_eq!(
            judgement.texts(AS_OF),
            [
                "3 active days in the 30 days before 24 Sep 2026, against 9.6 expected from 60 in the 180 days before those. \
                 So few or fewer by chance: 0.7 %.",
                "That it lasts, and is no leave or quiet weeks: 83 %."
            ]
        );
        assert_eq!(Judgement { fired: None, ..judgement }.texts(AS_OF), [] as [&str; 0]);
        let quiet = Held { observed: 0, expected: 8.68, season: 0.9, ..HELD };
        let told = quiet.text(AS_OF, "active day", "active days");
        assert!(told.starts_with("No active day in the 30 days before 24 Sep 2026, against 8.7"), "{told}");
        assert!(told.contains("for all champions 10 % quieter than usual"));
    }
}
