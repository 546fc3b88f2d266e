"""What the segments of flywheels hand on: attract, engage, delight (S103)."""

from figures.flywheels import runs
from figures.prepared import prepared
from figures.register import column, kpi

# Stays beside the ones before and after them in their run; those that were passed over are none. A rest is no way out.
NEIGHBOURS = """
create or replace table segment_stay as
select stay.*, lag(segment) over in_run as came_from, lead(segment) over in_run as went_to,
       local_day(entered_at) as came_on, local_day(stay.left_at) as left_on, local_day(run.ended_at) as over_on
from stay join run using (run_id, flywheel, member) where became <> 'implied' window in_run as (partition by run_id order by visit);

create or replace macro segment_place(name) as list_position(['attract', 'engage', 'delight'], name);

create or replace table segment_step as
select flywheel, segment, came_on as day, 1 as change from segment_stay where came_from is distinct from segment
union all
select flywheel, segment, if(went_to is null, over_on, left_on), -1 from segment_stay where went_to <> segment or (went_to is null and over_on is not null)"""


@kpi("flywheel_energy_passed", by=("flywheel", "segment"))
def flywheel_energy_passed(db, question):
    runs(db)
    prepared(db, NEIGHBOURS)
    return f"""select i, {column(question)} count(*) / any_value((cut - s) / 7) as value from period join segment_stay on left_on >= s and left_on < cut
               where became in ('in_time', 'late', 'advanced') and segment_place(went_to) > segment_place(segment) group by all"""


@kpi("flywheel_bottlenecks", by=("flywheel", "segment"))
def flywheel_bottlenecks(db, question):
    runs(db)
    prepared(db, NEIGHBOURS)
    return f"""
        with week as (
            select i, flywheel, segment, (cut - 1 - day) // 7 as place, sum(change) as growth
            from period join segment_step on day >= cut - 28 and day < cut group by all),
        narrow as (select i, flywheel, segment from week where growth > 0 group by all having count(*) = 4)
        select i, {column(question)} count(*) as value from narrow group by all"""
