"""Tables that several figures build on, made once for each moment asked for."""

MADE: dict = {}


def prepared(db, sql):
    """Runs SQL that makes tables, unless it was run for this moment already; gives whether it ran."""
    moment = db.execute("select as_of, zone from moment").fetchone()
    if MADE.get((id(db), sql)) == moment:
        return False
    db.execute(sql)
    MADE[id(db), sql] = moment
    return True
