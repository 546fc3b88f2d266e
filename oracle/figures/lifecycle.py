"""Members who come, stay, leave and come back (S3, S113, S115)."""

from figures.register import column, kpi, share

# Who was active in a period, and in the one before.
STATES = """
    with now as (select distinct i, member from period join member_day d on d.day >= s and d.day < e),
    earlier as (select distinct i, member from period join member_day d on d.day >= ps and d.day < pe)"""


@kpi("members_new", by=("source",))
def members_new(db, question):
    return f"select i, {column(question)} count(*) as value from period join first_day f on day >= s and day < e group by all"


@kpi("members_active", by=("source", "channel"))
def members_active(db, question):
    return f"""select i, {column(question)} count(distinct member) as value
               from period join counted on day >= s and day < e group by all"""


@kpi("members_returning")
def members_returning(db, question):
    return f"{STATES} select i, count(*) as value from now join earlier using (i, member) group by i"


@kpi("members_resurrected")
def members_resurrected(db, question):
    return f"""{STATES}
        select i, count(*) as value
        from now join period using (i) join first_day f using (member) anti join earlier using (i, member)
        where f.day < ps group by i"""


@kpi("members_lost")
def members_lost(db, question):
    return f"{STATES} select i, count(*) as value from earlier anti join now using (i, member) group by i"


@share("member_retention")
def member_retention(db, question):
    return f"""{STATES}
        select i, count(now.member) as numerator, count(*) as denominator
        from earlier left join now using (i, member) group by i"""


@share("member_retention_cohorts")
def member_retention_cohorts(db, question):
    return cohorts("active.i = later.i")


@share("member_retention_cohorts_cumulative")
def member_retention_cohorts_cumulative(db, question):
    return cohorts("active.i >= later.i")


def cohorts(counts):
    """Each cohort at each age: of its members those with a period of activity that counts."""
    return f"""
        with cohort as (select i as c, strftime(s, '%Y-%m-%d') as cohort, member from period join first_day f on f.day >= s and f.day < e),
        size as (select c, count(*) as members from cohort group by c),
        active as (select distinct i, member from period join member_day d on d.day >= s and d.day < e)
        select later.i, cohort, later.i - c as age, count(distinct active.member) as numerator, any_value(members) as denominator
        from cohort join size using (c) join period later on later.i >= c
        left join active on {counts} and active.member = cohort.member
        group by later.i, cohort, c"""


@share("sustained_conversion")
def sustained_conversion(db, question):
    return """
        select i, count(later.member) as numerator, count(*) as denominator
        from period join first_day f on f.day >= s and f.day < e
        left join (select distinct f.member from first_day f join member_day d using (member)
                   where d.day between f.day + 30 and f.day + 89) later using (member)
        where f.day + 90 <= (select local_day(as_of) from moment) group by i"""
