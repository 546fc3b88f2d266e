"""Where members work (S4, S35, S115; decision records 29 and 56), as far as sources state it and the domains of organizations."""

from figures.register import column, kpi
from figures.workplaces import only_stated, worked

# Where members worked when they did something: what counted first, and wherever else they worked on the day.
AT_WORK = """
    at_work as (
        select day, member, organization_id from counted where organization_id is not null
        union
        select c.day, c.member, works.organization from (select distinct day, member from counted) c join works using (member)
        where c.day >= coalesce(from_day, c.day) and (to_day is null or c.day < to_day))"""


@kpi("organizational_diversity")
def organizational_diversity(db, question):
    only_stated(db)
    worked(db)
    return f"""with {AT_WORK} select i, count(distinct organization_id) as value
               from period join at_work on day >= s and day < e group by all"""


@kpi("active_members_in_organizations", by=("organization",))
def active_members_in_organizations(db, question):
    only_stated(db)
    worked(db)
    return f"""with {AT_WORK}, named as (select at_work.*, name as organization from at_work
                                         join organization using (organization_id))
               select i, {column(question)} count(distinct member) as value
               from period join named on day >= s and day < e group by all"""


@kpi("active_members_in_organizations_90d", by=("organization",))
def active_members_in_organizations_90d(db, question):
    only_stated(db)
    worked(db)
    return f"""with {AT_WORK}, named as (select at_work.*, name as organization from at_work join organization using (organization_id))
               select i, {column(question)} count(distinct member) as value
               from period join named on day > l - 90 and day <= l group by all"""


@kpi("organizations_with_three_members")
def organizations_with_three_members(db, question):
    only_stated(db)
    worked(db)
    return f"""with {AT_WORK}, peopled as (
                   select i, organization_id from period join at_work on day >= s and day < cut group by all having count(distinct member) >= 3)
               select i, count(*) as value from peopled group by i"""


def with_belonging(db):
    """Makes `belonging(member, day, organization)` of the pairs in `asked(member, day)`: that of the surest statement, of equals the one that
    began later."""
    only_stated(db)
    worked(db)
    db.execute("""
        create or replace table belonging as
        with held as (
            select asked.member, day, organization as organization_id, row_number() over (
                partition by asked.member, day order by rank, doubt, from_day desc nulls last, organization) as place
            from asked join works on works.member = asked.member and coalesce(from_day, day) <= day and (to_day is null or to_day > day))
        select member, day, coalesce(o.name, '(none)') as organization
        from asked left join (select * from held where place = 1) h using (member, day) left join organization o using (organization_id)""")
