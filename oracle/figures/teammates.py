"""Teammates as a community of their own (S9; decision record 32)."""

from figures.connections import OPENER
from figures.prepared import prepared
from figures.register import kpi, ratio, share

GROUP = 50

# What teammates did, and which of them met: a month a pair, least number first.
TEAM = f"""
create or replace table team_act as
select * from act where is_teammate and not is_bot and not is_product and weight >= 1;

create or replace table team_day as
select colleague as member, worked_on as day from colleague_day join member on member.member = colleague where is_bot = 0;

create or replace table team_meeting as
with {OPENER},
done as (select * from act where is_teammate and not is_bot),
addressed as (
    select member, unnest(counterparts) as identity_id, day from done where counterparts is not null
    union all
    select a.member, parent.identity_id, a.day from done a join act parent on parent.stem = a.parent where a.connects is not null
    union all
    select a.member, opener.identity_id, a.day from done a join opener using (thread_id)
    where a.connects = 'directly' and not exists (select 1 from act parent where parent.stem = a.parent and parent.thread_id = a.thread_id)),
direct as (
    select distinct a.member as a, identity.member as b, date_trunc('month', a.day) as month
    from addressed a join identity using (identity_id) where is_teammate(identity.member, a.day)),
present as (select distinct thread_id, date_trunc('month', day) as month, member from done where thread_id is not null and (posts or connects = 'indirectly')),
small as (select thread_id, month from present group by all having count(*) <= {GROUP}),
indirect as (
    select p.member as a, q.member as b, month
    from present p join present q using (thread_id, month) join small using (thread_id, month) where p.member < q.member)
select distinct least(a, b) as a, greatest(a, b) as b, cast(month as date) as month
from (select * from direct union all select * from indirect)
join member ma on ma.member = a join member mb on mb.member = b where a <> b and ma.is_bot = 0 and mb.is_bot = 0;

create or replace table department as
select distinct member, day_of(body->>'$.from') as from_day, day_of(body->>'$.to') as to_day, body->>'$.department' as department
from known where kind = 'teammate' and body->>'$.department' is not null"""


@share("internal_engaged_share")
def internal_engaged_share(db, question):
    prepared(db, TEAM)
    return """
        select i, count_if(exists (select 1 from team_act a where a.member = d.member and a.day > l - 30 and a.day <= l)) as numerator, count(*) as denominator
        from period join team_day d on day = l group by i"""


@share("internal_face_concentration")
def internal_face_concentration(db, question):
    prepared(db, TEAM)
    return """
        with each as (select i, member, count(*) as acts from period join team_act on day >= s and day < e group by all),
        ranked as (select *, row_number() over (partition by i order by acts desc, member) as place from each)
        select i, sum(acts) filter (place <= 2) as numerator, sum(acts) as denominator from ranked group by i"""


MET = """
    here as (select distinct i, member from period join team_day d on day >= s and day < e and day <= (select local_day(as_of) from moment)),
    met as (
        select distinct i, a, b, max(month) as month from period join team_meeting on month >= s and month < e
        where exists (select 1 from here where here.i = period.i and member = a) and exists (select 1 from here where here.i = period.i and member = b)
        group by all)"""


@ratio("internal_network_density")
def internal_network_density(db, question):
    prepared(db, TEAM)
    return f"""
        with {MET}, n as (select i, count(*) as n from here group by i), pairs as (select i, count(*) as pairs from met group by i)
        select i, coalesce(pairs, 0) as numerator, n * (n - 1) // 2 as denominator from n left join pairs using (i)"""


@kpi("internal_recurring_connections")
def internal_recurring_connections(db, question):
    prepared(db, TEAM)
    return """
        with now as (select distinct i, a, b from period join team_meeting on month >= s and month < e),
        earlier as (select distinct i, a, b from period join team_meeting on month >= ps and month < pe)
        select i, count(*) as value from now join earlier using (i, a, b) group by i"""


@share("internal_cross_team_share")
def internal_cross_team_share(db, question):
    prepared(db, TEAM)
    return f"""
        with {MET},
        placed as (
            select met.i, a, b, (select arg_max(department, from_day) from department d where d.member = a and from_day < month + interval 1 month
                                   and (to_day is null or to_day > month)) as a_in,
                   (select arg_max(department, from_day) from department d where d.member = b and from_day < month + interval 1 month
                                   and (to_day is null or to_day > month)) as b_in
            from met)
        select i, count_if(a_in <> b_in) as numerator, count(*) as denominator from placed where a_in is not null and b_in is not null group by i"""
