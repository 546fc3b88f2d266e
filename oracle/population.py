"""Who counts and what counts, as of an instant (conventions C1, C3, C4, C5, C13; decision records 20 and 29)."""

from datetime import UTC

import facts


def prepare(db, as_of, zone):
    """Makes the tables that all figures share.

    `act`: every activity that had happened and stands, with its local day and whether its member was a teammate or is a program then.
    `counted`: those that count, of members.
    """
    instant = as_of.astimezone(UTC).replace(tzinfo=None)
    db.execute("create or replace table moment as select cast(? as timestamp) as as_of, cast(? as varchar) as zone", [instant, zone])
    db.execute("create or replace macro local_day(moment_at) as cast(timezone((select zone from moment), timezone('UTC', moment_at)) as date)")
    db.execute(INSTANTS)
    db.execute("create or replace macro day_of(text) as if(length(text) = 10, cast(text as date), local_day(instant_of(text)))")
    db.execute(SQL)
    facts.prepare(db)


# An instant in UTC; a date is the local midnight at which it begins.
INSTANTS = """
create or replace macro midnight(day) as timezone('UTC', timezone((select zone from moment), cast(day as timestamp)));
create or replace macro instant_of(text) as if(length(text) = 10, midnight(text), timezone('UTC', cast(text as timestamptz)))"""

SQL = """
create or replace table teammate as
select distinct member, day_of(body->>'$.from') as from_day, day_of(body->>'$.to') as to_day
from fact join identity using (identity_id) where fact.kind = 'teammate';

-- What was said of an account before somebody took it back holds no longer; of what was said at one instant the last counts.
create or replace table said as
with word as (select *, (said_at, member_word_id) as turn from member_word where kind = 'teammate')
select member, is_so = 1 as is_so, date '1970-01-01' + cast(from_day as int) as from_day,
       date '1970-01-01' + cast(to_day as int) as to_day, turn
from word join identity using (identity_id)
where is_so is not null and not exists (
    select 1 from word other where other.identity_id = word.identity_id and other.is_so is null and other.turn > word.turn);

create or replace table colleague_day as
with candidate as (select member from teammate union select member from said),
day as (select cast(unnest(generate_series(date '1990-01-01', (select local_day(as_of) + 2 from moment), interval 1 day)) as date) as day),
judged as (
    select candidate.member, day,
           (select arg_max(is_so, turn) from said
            where said.member = candidate.member and day >= coalesce(said.from_day, day)
              and day < coalesce(said.to_day, date '9999-01-01')) as by_word,
           exists (select 1 from teammate t
                   where t.member = candidate.member and day >= coalesce(t.from_day, day)
                     and day < coalesce(t.to_day, date '9999-01-01')) as by_list
    from candidate, day)
select member as colleague, day as worked_on from judged where coalesce(by_word, by_list);

create or replace macro is_teammate(who, on_day) as
    exists (select 1 from colleague_day where colleague = who and worked_on = on_day);

create or replace table act as
with standing as (
    select activity.*, local_day(occurred_at) as day from activity, moment
    where occurred_at <= as_of and (deleted_at is null or deleted_at > as_of)),
person_day as (select member, day, is_teammate(member, day) as is_teammate from (select distinct member, day from standing))
select standing.*, is_teammate, is_bot = 1 as is_bot,
       weight >= 1 and not is_product and not is_teammate and is_bot = 0 as is_counted
from standing join person_day using (member, day) join member using (member);

create or replace table counted as select * from act where is_counted;
create or replace table member_day as
select member, day, count(*) as activities, max(weight) as weight from counted group by all;
create or replace table first_day as
select member, min(day) as day, arg_min(source, (occurred_at, source)) as source from counted group by all;
"""
