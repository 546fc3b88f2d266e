"""Where members stand (S9 to S13, decision record 20)."""

from figures.employers import with_belonging
from figures.register import column, kpi


def with_layer(db):
    """Makes `layered(member, day, layer)` of the pairs in `asked(member, day)`."""
    db.execute("""
        create or replace table layered as
        with seen as (
            select asked.member, asked.day,
                   count(c.member) as acts, count_if(is_ours) as ours, count_if(is_ours and weight >= 4) as heavy,
                   count_if(is_ours and is_join) as joins, count_if(is_ours and not is_join) as others
            from asked left join counted c
              on c.member = asked.member and c.day > asked.day - 365 and c.day <= asked.day
            group by all)
        select member, day,
               case when is_teammate(member, day) then 'internal'
                    when heavy > 0 or (joins > 0 and others > 0) then 'members'
                    when ours > 0 then 'audience'
                    when acts > 0 then 'market'
                    else '(none)' end as layer
        from seen""")


@kpi("members_total", by=("layer", "organization"))
def members_total(db, question):
    db.execute("""
        create or replace table asked as
        select distinct f.member, least(e - 1, (select local_day(as_of) from moment)) as day from period join first_day f on f.day < e""")
    joined = ""
    if "layer" in question.names:
        with_layer(db)
        joined += " join layered using (member, day)"
    if "organization" in question.names:
        with_belonging(db)
        joined += " join belonging using (member, day)"
    return f"""
        with here as (select i, f.member, least(e - 1, (select local_day(as_of) from moment)) as day from period join first_day f on f.day < e)
        select i, {column(question)} count(*) as value from here {joined} group by all"""
