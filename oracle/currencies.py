"""Amounts in the reporting currency of a workspace (convention C10; decision record 75)."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

# Of minor units by ISO 4217, where they are not two.
DIGITS = dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0)
DIGITS |= dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3) | dict.fromkeys(("CLF", "UYW"), 4)
LONGEST = 31  # Days for which a rate holds.

SETTINGS = {"reporting": None, "rates": []}


def use(settings):
    """Takes the currencies that `axle settings show` tells."""
    SETTINGS.update(settings)


def worth(currency, day):
    """Whole units of the reporting currency for one of this currency on a day; None without a rate."""
    found = []
    for rate in SETTINGS["rates"]:
        age = (day - date.fromisoformat(rate["date"])).days
        value = Fraction(Decimal(str(rate["rate"])))
        if 0 <= age <= LONGEST:
            if (rate["from"], rate["to"]) == (currency.upper(), SETTINGS["reporting"]):
                found.append((age, 0, value))
            elif (rate["to"], rate["from"]) == (currency.upper(), SETTINGS["reporting"]):
                found.append((age, 1, 1 / value))
    return min(found)[2] if found else None


def told(amount, currency, day):
    """(minor units, currency) as figures tell them; `round` gives of two equally near the even one."""
    reporting = SETTINGS["reporting"]
    if reporting is None or currency is None:
        return amount, currency
    if currency.upper() == reporting:
        return amount, reporting
    factor = worth(currency, day)
    if factor is None:
        return amount, currency
    if amount is None:
        return None, reporting
    units = Fraction(round(amount)) * factor * Fraction(10) ** (DIGITS.get(reporting, 2) - DIGITS.get(currency.upper(), 2))
    return round(units), reporting


def tell(db, table):
    """Puts the amounts of a table with `amount`, `currency` and `day` into the reporting currency."""
    if SETTINGS["reporting"] is None:
        return
    rows = db.execute(f"select distinct amount, currency, day from {table} where currency <> '(none)' and day is not null").fetchall()
    db.execute("create or replace temp table told (amount bigint, currency varchar, day date, told_amount bigint, told_currency varchar)")
    changed = [(*row, *told(*row)) for row in rows if told(*row) != row[:2]]
    for row in changed:
        db.execute("insert into told values (?, ?, ?, ?, ?)", row)
    db.execute(f"""
        update {table} set amount = told.told_amount, currency = told.told_currency from told
        where {table}.amount is not distinct from told.amount and {table}.currency = told.currency and {table}.day = told.day""")
