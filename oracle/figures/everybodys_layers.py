"""Layers of everybody but programs, and what flows between them (S12, S13; decision records 20 and 32)."""

from figures.register import column, kpi

LOOK_BACK = 365

# Where each person stands at the end of the days in `judged(day)`; `(none)` is who was in a layer before and is in none now.
STANDING = f"""
create or replace table spoke as
with dated as (
    select k.member, instant_of(body->>'$.at') as said_at, day_of(body->>'$.at') as day from known k join member using (member)
    where kind = 'mention' and is_bot = 0
    union all
    select member, occurred_at, day from act where activity_type = 'mention:brand' and not is_bot)
select * from dated where said_at <= (select as_of from moment);

create or replace table reachable as
select k.member, instant_of(body->>'$.at') as from_at, instant_of(body->>'$.revoked_at') as to_at
from known k join member using (member)
where kind = 'consent' and body->>'$.kind' = 'contact' and is_bot = 0 and instant_of(body->>'$.at') <= (select as_of from moment);

create or replace table standing as
with person as (
    select member, min(day) as known_from from (
        select member, day from counted
        union all select member, day from spoke
        union all select member, local_day(from_at) from reachable
        union all select member, coalesce(from_day, date '0001-01-01') from teammate) group by member),
at_day as (select member, day from person join judged on known_from <= day),
acted as (
    select a.member, a.day, count(c.member) as acts, count_if(is_ours) as ours, count_if(is_ours and weight >= 4) as heavy,
           count_if(is_ours and is_join) as joins, count_if(is_ours and not is_join) as others
    from at_day a left join counted c on c.member = a.member and c.day > a.day - {LOOK_BACK} and c.day <= a.day group by all)
select member, day,
       case when is_teammate(member, day) then 'internal'
            when heavy > 0 or (joins > 0 and others > 0) then 'members'
            when ours > 0 then 'audience'
            when exists (select 1 from reachable r where r.member = acted.member and local_day(from_at) <= acted.day
                         and (to_at is null or to_at > (select as_of from moment) or local_day(to_at) > acted.day)) then 'audience'
            when acts > 0 then 'market'
            when exists (select 1 from spoke m where m.member = acted.member and m.day > acted.day - {LOOK_BACK} and m.day <= acted.day)
                then 'market'
            else '(none)' end as layer
from acted join member using (member) where is_bot = 0"""


@kpi("layer_members", by=("layer",))
def layer_members(db, question):
    db.execute("create or replace table judged as select distinct least(e - 1, local_day(as_of)) as day from period, moment where s <= local_day(as_of)")
    db.execute(STANDING)
    return f"""select i, {column(question)} count(*) as value
               from period join standing on day = least(e - 1, (select local_day(as_of) from moment)) group by all"""


@kpi("layer_flow", by=("from", "to"))
def layer_flow(db, question):
    db.execute("create or replace table judged as select distinct day from (select s - 1 as day from period union all select cut - 1 from period)")
    db.execute(STANDING)
    return """
        with moved as (
            select i, coalesce(nullif(b.layer, '(none)'), 'new') as "from", coalesce(nullif(a.layer, '(none)'), 'gone') as "to"
            from period join (select distinct member from standing) p on true
            left join standing b on b.member = p.member and b.day = s - 1
            left join standing a on a.member = p.member and a.day = cut - 1)
        select i, "from", "to", count(*) as value from moved where not ("from" = 'new' and "to" = 'gone') group by all"""
