"""Facts as tables, as far as they were known at the instant asked for: what was later is not there."""


def prepare(db):
    """Makes a table of each kind of fact that figures use."""
    db.execute(FACTS)


FACTS = """
create or replace table known as
select fact.*, source.name as source, identity.member, (select as_of from moment) as as_of
from fact join source using (source_id) left join identity using (identity_id);

create or replace macro by_then(text, as_of) as if(instant_of(text) <= as_of, instant_of(text), null);

create or replace table call as
with dated as (
    select *, instant_of(body->>'$.called_at') as called_at, day_of(body->>'$.called_at') as day from known where kind = 'call')
select fact_id, source, member, called_at, day,
       timezone((select zone from moment), timezone('UTC', called_at)) as local_time,
       coalesce(body->>'$.direction', 'inbound') as direction, body->>'$.kind' as kind, body->>'$.status' as status,
       body->>'$.agent' as agent, body->>'$.call_source' as call_source, body->>'$.campaign' as campaign,
       called_at + to_microseconds(cast(1000000 * (coalesce(cast(body->>'$.ring_seconds' as double), 0)
         + coalesce(cast(body->>'$.talk_seconds' as double), 0)) as bigint)) as ended_at,
       if(body->>'$.scored_at' is null or instant_of(body->>'$.scored_at') <= as_of, cast(body->>'$.score' as int), null)
         as score,
       if(body->>'$.score' is null, null, by_then(body->>'$.scored_at', as_of)) as scored_at,
       body->>'$.score' is not null and body->>'$.scored_at' is null as is_scored_sometime,
       cast(body->>'$.conversion' as boolean) as conversion, cast(body->'$.tags' as varchar[]) as tags
from dated
where called_at <= as_of and not coalesce(is_teammate(member, day), false)
  and not exists (select 1 from member where member.member = dated.member and is_bot = 1);

create or replace table ticket as
select fact_id, source, member, day_of(body->>'$.opened_at') as day, instant_of(body->>'$.opened_at') as opened_at,
       body->>'$.level' as level, cast(body->>'$.csat' as double) as csat, body->>'$.organization' as organization,
       by_then(body->>'$.solved_at', as_of) as solved_at,
       exists (select 1 from member m where m.member = known.member and is_bot = 1) as is_bot
from known where kind = 'ticket' and instant_of(body->>'$.opened_at') <= as_of;

create or replace table survey as
select source, body->>'$.kind' as kind, day_of(body->>'$.at') as day, cast(body->>'$.score' as double) as score,
       not coalesce(is_teammate(member, day_of(body->>'$.at')), false)
         and not exists (select 1 from member m where m.member = known.member and is_bot = 1) as of_member
from known where kind = 'survey_response' and instant_of(body->>'$.at') <= as_of;

create or replace table feedback as
select source, body->>'$.id' as id, body->>'$.kind' as kind, body->>'$.topic' as topic, day_of(body->>'$.at') as day,
       by_then(body->>'$.decided_at', as_of) as decided_at,
       by_then(body->>'$.communicated_at', as_of) as communicated_at,
       k.member is not null and is_bot = 0 and not is_teammate(k.member, day_of(body->>'$.at')) as of_member
from known k left join member using (member) where kind = 'feedback' and instant_of(body->>'$.at') <= as_of;

-- Feedback by what it is about: records that name one activity, or are it, are one thing, which the first of them says first.
create or replace table thing as
with named as (
    select k.*, body->>'$.id' as id, instant_of(body->>'$.at') as said_at, coalesce(body->>'$.activity', 'feedback:' || (body->>'$.id')) as names
    from known k where kind = 'feedback'),
placed as (
    select *, coalesce(
        if(regexp_full_match(names, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'), replace(names, '-', '')[:24], null),
        (select min(a.activity_id)[:24] from stored_activity a where a.source_id = named.source_id and a.external_id = names),
        source_id || '/' || names) as about
    from named),
ordered as (select *, row_number() over (partition by about order by said_at, source, id) as place from placed)
select list(source || ' ' || id) as ids, any_value(fact_id) filter (place = 1) as fact_id, min(said_at) as given_at, max(day_of(body->>'$.at')) filter (place = 1) as day, max(member) filter (place = 1) as member,
       max(body->>'$.topic') filter (place = 1) as topic, max(body->>'$.kind') filter (place = 1) as kind,
       min(by_then(body->>'$.decided_at', as_of)) as decided_at, min(by_then(body->>'$.communicated_at', as_of)) as told_at,
       max(body->>'$.shipped_item') as item, max(as_of) as as_of
from ordered group by about having min(said_at) <= max(as_of);

create or replace table shipped as
select source, body->>'$.id' as id, instant_of(body->>'$.shipped_at') as shipped_at, day_of(body->>'$.shipped_at') as day
from known where kind = 'shipped_item' and instant_of(body->>'$.shipped_at') <= as_of;

-- What was shipped for which feedback, as either says. A name is one of the own source, else of the only other source that has it.
create or replace macro home(sources, own) as if(list_contains(sources, own), own, if(len(sources) = 1, sources[1], null));

create or replace table shipped_for as
with bearer as (select kind, body->>'$.id' as id, list(source) as sources from known where kind in ('feedback', 'shipped_item') group by all),
said as (
    select source, body->>'$.id' as id, 'feedback' as other, unnest(cast(body->'$.feedback' as varchar[])) as names from known where kind = 'shipped_item'
    union all
    select source, body->>'$.id', 'shipped_item', body->>'$.shipped_item' from known where kind = 'feedback'),
found as (select said.*, home(sources, source) as there from said join bearer on bearer.kind = other and bearer.id = names)
select if(other = 'feedback', there || ' ' || names, source || ' ' || id) as feedback, if(other = 'feedback', source || ' ' || id, there || ' ' || names) as item
from found where there is not null;

create or replace table consent as
select member, body->>'$.id' as id, body->>'$.kind' as kind, instant_of(body->>'$.at') as given_at, instant_of(body->>'$.revoked_at') as revoked_at
from known where kind = 'consent';

create or replace table push as
select fact_id, body->>'$.id' as push_id, body->>'$.kind' as kind, instant_of(body->>'$.at') as pushed_at, body->>'$.campaign' as campaign,
       body->>'$.channel' as channel, body->>'$.department' as department
from known where kind = 'push' and instant_of(body->>'$.at') <= as_of;

create or replace table content as
select body->>'$.campaign' as campaign, body->>'$.channel' as channel, instant_of(body->>'$.published_at') as published_at,
       not coalesce(cast(body->>'$.by_team' as boolean), member is null or is_teammate(member, day_of(body->>'$.published_at'))) as of_member
from known where kind = 'content' and instant_of(body->>'$.published_at') <= as_of;

create or replace table cost as
select body->>'$.campaign' as campaign, body->>'$.channel' as channel from known where kind = 'cost';

create or replace table customer as
select organization as who, day_of(body->>'$.started_at') as from_day, day_of(body->>'$.ended_at') as to_day
from known where kind = 'subscription' and organization is not null
union all
select 'member ' || member, day_of(body->>'$.started_at'), day_of(body->>'$.ended_at')
from known where kind = 'subscription' and organization is null
union all
select body->>'$.id', day_of(body->>'$.customer_since'), day_of(body->>'$.churned_at')
from known where kind = 'organization' and body->>'$.customer_since' is not null;
"""
