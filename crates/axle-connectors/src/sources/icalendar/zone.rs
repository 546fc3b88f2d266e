//! Local times of calendars: zones known by name, and those that only the calendar itself describes.

use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarRecurrenceRule, ICalendarValue,
    ICalendarWeekday,
};
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Where a local time is meant.
#[derive(Debug, Clone)]
pub(super) enum Zone {
    /// A zone of the tz database.
    Known(Tz),
    /// What the calendar's own VTIMEZONE says.
    Described(Vec<Observance>),
}

/// Standard or daylight saving time.
#[derive(Debug, Clone)]
pub(super) struct Observance {
    begins: DateTime,
    /// Month, which of its weekdays, and the weekday, when it begins every year.
    yearly: Option<(i8, i8, Weekday)>,
    offset: SignedDuration,
    is_standard: bool,
}

impl Zone {
    /// The zone of that name, or `None` when neither the tz database nor the calendar knows it.
    pub(super) fn named(name: &str, calendar: &ICalendar) -> Option<Self> {
        let described = calendar.timezones().find(|zone| text_of(zone, &ICalendarProperty::Tzid) == Some(name));
        let known = name.parse::<Tz>().ok().or_else(|| described.and_then(|zone| Some(zone.timezone()?.1)));
        known.map(Self::Known).or_else(|| {
            let children = described?.component_ids.iter().filter_map(|id| calendar.component_by_id(*id));
            let observances: Vec<_> = children.filter_map(observance).collect();
            (!observances.is_empty()).then_some(Self::Described(observances))
        })
    }

    /// The instant of a local time. One that the clocks show twice is the earlier; one that they skip, an hour later.
    pub(super) fn instant(&self, local: DateTime) -> Option<Timestamp> {
        match self {
            Self::Known(zone) => known_instant(*zone, local).or_else(|| {
                let hour = SignedDuration::from_hours(1);
                known_instant(*zone, local.checked_sub(hour).ok()?)?.checked_add(hour).ok()
            }),
            Self::Described(observances) => utc(local)?.checked_sub(offset_at(observances, local)).ok(),
        }
    }

    /// The local time of an instant.
    pub(super) fn local(&self, at: Timestamp) -> Option<DateTime> {
        let naive = TimeZone::UTC.to_datetime(at);
        let by_offset_of = |days: i64| {
            let probe = naive.checked_add(days.days()).ok()?;
            naive.checked_add(utc(probe)?.duration_since(self.instant(probe)?)).ok()
        };
        // One of the offsets in use around that instant is the one in use at it. The second showing of an hour is
        // never `instant`'s answer, and is in the later offset.
        let leads_back = |local: &DateTime| self.instant(*local) == Some(at);
        by_offset_of(1).filter(leads_back).or_else(|| by_offset_of(-1).filter(leads_back)).or_else(|| by_offset_of(1))
    }
}

fn utc(local: DateTime) -> Option<Timestamp> {
    local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn known_instant(zone: Tz, local: DateTime) -> Option<Timestamp> {
    Timestamp::from_second(partial(local)?.to_date_time_with_tz(zone)?.timestamp()).ok()
}

/// As calcard has it, without an offset.
pub(super) fn partial(local: DateTime) -> Option<PartialDateTime> {
    let small = |value: i8| u8::try_from(value).ok();
    Some(PartialDateTime {
        year: Some(u16::try_from(local.year()).ok()?),
        month: small(local.month()),
        day: small(local.day()),
        hour: small(local.hour()),
        minute: small(local.minute()),
        second: small(local.second()),
        ..PartialDateTime::default()
    })
}

/// The local time that stands there, and its offset from UTC if it has one.
pub(super) fn civil(partial: &PartialDateTime) -> Option<(DateTime, Option<SignedDuration>)> {
    let small = |value: Option<u8>| i8::try_from(value?).ok();
    let date = Date::new(i16::try_from(partial.year?).ok()?, small(partial.month)?, small(partial.day)?).ok()?;
    let time = |value: Option<u8>| small(value).unwrap_or(0);
    // A leap second is read as the one before it.
    let time =
        jiff::civil::Time::new(time(partial.hour), time(partial.minute), time(partial.second).min(59), 0).ok()?;
    Some((date.to_datetime(time), offset(partial)))
}

fn offset(partial: &PartialDateTime) -> Option<SignedDuration> {
    let minutes = i64::from(partial.tz_hour?) * 60 + i64::from(partial.tz_minute.unwrap_or(0));
    Some(SignedDuration::from_mins(if partial.tz_minus { -minutes } else { minutes }))
}

pub(super) fn text_of<'a>(component: &'a ICalendarComponent, name: &ICalendarProperty) -> Option<&'a str> {
    component.property(name)?.values.first()?.as_text()
}

fn observance(component: &ICalendarComponent) -> Option<Observance> {
    let value = |name: &ICalendarProperty| component.property(name)?.values.first();
    let ICalendarValue::PartialDateTime(begins) = value(&ICalendarProperty::Dtstart)? else { return None };
    let offset = match value(&ICalendarProperty::Tzoffsetto)? {
        ICalendarValue::PartialDateTime(offset_to) => offset(offset_to)?,
        _ => return None,
    };
    let yearly = match value(&ICalendarProperty::Rrule) {
        Some(ICalendarValue::RecurrenceRule(rule)) => yearly(rule),
        _ => None,
    };
    let is_standard = component.component_type == ICalendarComponentType::Standard;
    Some(Observance { begins: civil(begins)?.0, yearly, offset, is_standard })
}

fn yearly(rule: &ICalendarRecurrenceRule) -> Option<(i8, i8, Weekday)> {
    let (month, day) = (rule.bymonth.first()?, rule.byday.first()?);
    let weekday = match day.weekday {
        ICalendarWeekday::Monday => Weekday::Monday,
        ICalendarWeekday::Tuesday => Weekday::Tuesday,
        ICalendarWeekday::Wednesday => Weekday::Wednesday,
        ICalendarWeekday::Thursday => Weekday::Thursday,
        ICalendarWeekday::Friday => Weekday::Friday,
        ICalendarWeekday::Saturday => Weekday::Saturday,
        ICalendarWeekday::Sunday => Weekday::Sunday,
    };
    Some((i8::try_from(month.month()).ok()?, i8::try_from(day.ordwk?).ok()?, weekday))
}

impl Observance {
    /// When it last began, not after `local`.
    fn last_begun(&self, local: DateTime) -> Option<DateTime> {
        let in_year = |year: i16| match self.yearly {
            Some((month, nth, weekday)) => {
                let day = Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, weekday).ok()?;
                Some(day.to_datetime(self.begins.time())).filter(|begun| *begun >= self.begins)
            }
            None => Some(self.begins),
        };
        let last_year = local.checked_sub(1.year()).ok()?.year();
        [local.year(), last_year].into_iter().filter_map(in_year).find(|begun| *begun <= local)
    }
}

fn offset_at(observances: &[Observance], local: DateTime) -> SignedDuration {
    let begun = observances.iter().filter_map(|observance| Some((observance.last_begun(local)?, observance.offset)));
    begun.max_by_key(|(begun, _)| *begun).map(|(_, offset)| offset).unwrap_or_else(|| {
        let first = observances.iter().find(|observance| observance.is_standard).or(observances.first());
        first.map_or(SignedDuration::ZERO, |observance| observance.offset)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICE: &str = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Our office\n\
        BEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\n\
        BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\n\
        END:VTIMEZONE\nEND:VCALENDAR\n";

    #[test]
    fn a_described_zone_keeps_the_same_time_as_the_known_one() {
        let calendar = ICalendar::parse(OFFICE).unwrap();
        let (described, known) =
            (Zone::named("Our office", &calendar).unwrap(), Zone::named("Europe/Berlin", &calendar).unwrap());
        assert!(matches!(described, Zone::Described(_)) && matches!(known, Zone::Known(_)));
        for local in
            ["2024-01-01T12:00", "2024-03-31T03:00", "2024-07-01T00:00", "2024-10-26T23:00", "2024-12-24T18:30"]
        {
            let local: DateTime = local.parse().unwrap();
            let at = described.instant(local).unwrap();
            assert_eq!(Some(at), known.instant(local), "{local}");
            assert_eq!(known.local(at), Some(local));
        }
        assert!(Zone::named("Nowhere", &calendar).is_none());
    }

    #[test]
    fn times_that_the_clocks_skip_or_show_twice_are_instants() {
        let zone = Zone::named("Europe/Berlin", &ICalendar::default()).unwrap();
        let instant = |local: &str| zone.instant(local.parse().unwrap()).unwrap().to_string();
        assert_eq!(instant("2024-03-31T02:30"), "2024-03-31T01:30:00Z");
        assert_eq!(instant("2024-10-27T02:30"), "2024-10-27T00:30:00Z");
        let local = |at: &str| zone.local(at.parse().unwrap()).unwrap().to_string();
        assert_eq!(local("2024-10-27T00:30:00Z"), "2024-10-27T02:30:00");
        assert_eq!(local("2024-10-27T01:30:00Z"), "2024-10-27T02:30:00");
    }
}
