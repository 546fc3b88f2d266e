"""When somebody is at work, as the workspace sets it (decision record 64)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class BusinessHours:
    """Of what `axle settings show` tells."""

    def __init__(self, setting, zone):
        self.zone = ZoneInfo(zone)
        self.weekdays = {DAYS.index(day) for day in setting["days"]}
        self.opens, self.closes = (timedelta(hours=int(at[:2]), minutes=int(at[3:])) for at in (setting["from"], setting["to"]))
        self.holidays = set(setting["holidays"])

    def seconds(self, start, end):
        """Seconds at work between two instants in UTC."""
        start, end = (instant.replace(tzinfo=UTC) for instant in (start, end))
        day, last, total = start.astimezone(self.zone).date(), end.astimezone(self.zone).date(), 0.0
        while day <= last:
            if day.weekday() in self.weekdays and day.isoformat() not in self.holidays:
                opens, closes = (self._instant(day, at) for at in (self.opens, self.closes))
                total += max(0.0, (min(end, closes) - max(start, opens)).total_seconds())
            day += timedelta(days=1)
        return total

    def days(self, start, end):
        """The same in days as long as work lasts on one, by the clock on the wall."""
        return self.seconds(start, end) / (self.closes - self.opens).total_seconds()

    def is_open(self, local_time):
        """SQL: whether somebody is at work at a local time."""
        holidays = ", ".join(f"date '{day}'" for day in sorted(self.holidays))
        working = f"isodow({local_time}) in ({', '.join(str(day + 1) for day in sorted(self.weekdays))})"
        minute = f"(hour({local_time}) * 60 + minute({local_time}))"
        opens, closes = (int(at.total_seconds()) // 60 for at in (self.opens, self.closes))
        off = f" and cast({local_time} as date) not in ({holidays})" if holidays else ""
        return f"({working} and {minute} >= {opens} and {minute} < {closes}{off})"

    def _instant(self, day, at):
        wall = datetime.combine(day, time(0)) + at
        return wall.replace(tzinfo=self.zone).astimezone(UTC)
