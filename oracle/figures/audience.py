"""The audience: its size, and who of it becomes a member (S11; decision record 32)."""

from figures.prepared import prepared
from figures.register import kpi, share

# Everybody but programs, with what puts them in a layer though they did nothing that counts.
EVERYBODY = """
create or replace table reach as
select k.member, day_of(body->>'$.at') as from_day, day_of(body->>'$.revoked_at') as to_day
from known k join member using (member)
where k.kind = 'consent' and body->>'$.kind' = 'contact' and instant_of(body->>'$.at') <= as_of and is_bot = 0;

create or replace table spoke as
select k.member, day_of(body->>'$.at') as day from known k join member using (member)
where k.kind = 'mention' and instant_of(body->>'$.at') <= as_of and is_bot = 0;

create or replace table everybody as
select distinct member from (select member from counted union select member from reach union select member from spoke)"""


def stand(day):
    """SQL for `(i, member, layer, is_reached, is_recent)` at the end of the local day that an expression over `period` gives."""
    return f"""
        (with asked as (select i, {day} as day, member from period, everybody),
        seen as (
            select asked.i, asked.member, asked.day, count(c.member) as acts, count_if(is_ours) as ours, count_if(is_ours and weight >= 4) as heavy,
                   count_if(is_ours and is_join) as joins, count_if(is_ours and not is_join) as others, coalesce(bool_or(c.day > asked.day - 30),
                       false) as is_recent
            from asked left join counted c on c.member = asked.member and c.day > asked.day - 365 and c.day <= asked.day group by all),
        reached as (select *, exists (select 1 from reach r where r.member = seen.member and r.from_day <= seen.day
            and (r.to_day is null or r.to_day > seen.day)) as is_reached
                    from seen)
        select i, member, is_reached, is_recent,
               case when is_teammate(member, day) then 'internal' when heavy > 0 or (joins > 0 and others > 0) then 'members'
                   when ours > 0 or is_reached then 'audience'
                    when acts > 0 or exists (select 1 from spoke m where m.member = reached.member and m.day > reached.day - 365
                        and m.day <= reached.day) then 'market'
                    else '(none)' end as layer
        from reached)"""


@kpi("audience_size")
def audience_size(db, question):
    prepared(db, EVERYBODY)
    today = "(select local_day(as_of) from moment)"
    return f"""select i, count(*) as value from {stand(f"least(e - 1, {today})")} where layer = 'audience'
        and (is_reached or is_recent) group by i"""


@share("audience_conversion")
def audience_conversion(db, question):
    prepared(db, EVERYBODY)
    return f"""
        select i, count_if(after.layer = 'members') as numerator, count(*) as denominator
        from {stand("s - 1")} before join {stand("cut - 1")} after using (i, member) where before.layer = 'audience' group by i"""
