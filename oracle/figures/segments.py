"""What the segments of flywheels hand on: attract, engage, delight; and marketing, sales, service (S103)."""

from figures.flywheels import STEP, runs
from figures.prepared import prepared
from figures.register import column, kpi

# Stays beside the ones before and after them in their run; those that were passed over are none. A rest is no way out.
NEIGHBOURS = """
create or replace table {label}_stay as
select stay.*, lag({label}) over in_run as came_from, lead({label}) over in_run as went_to,
       local_day(entered_at) as came_on, local_day(stay.left_at) as left_on, local_day(run.ended_at) as over_on
from stay join run using (run_id, flywheel, member) where became <> 'implied' window in_run as (partition by run_id order by visit);

create or replace macro {label}_place(name) as list_position({order}, name);

create or replace table {label}_change as
select flywheel, {label}, came_on as day, 1 as change from {label}_stay where came_from is distinct from {label}
union all
select flywheel, {label}, if(went_to is null, over_on, left_on), -1 from {label}_stay where went_to <> {label} or (went_to is null and over_on is not null)"""

ORDER = {"segment": "['attract', 'engage', 'delight']", "function": "['marketing', 'sales', 'service']"}


def of_label(label, ending):
    """Registers both figures by one of the two labels that steps carry."""

    def ready(db):
        runs(db)
        prepared(db, NEIGHBOURS.format(label=label, order=ORDER[label]))

    @kpi(f"flywheel_energy_passed{ending}", by=("flywheel", label, "step", "owner"))
    def energy_passed(db, question):
        ready(db)
        return f"""select i, {column(question, step=STEP)} count(*) / any_value((cut - s) / 7) as value from period
                   join {label}_stay on left_on >= s and left_on < cut
                   where became in ('in_time', 'late', 'advanced') and {label}_place(went_to) > {label}_place({label}) group by all"""

    @kpi(f"flywheel_bottlenecks{ending}", by=("flywheel", label))
    def bottlenecks(db, question):
        ready(db)
        return f"""
            with week as (
                select i, flywheel, {label}, (cut - 1 - day) // 7 as place, sum(change) as growth
                from period join {label}_change on day >= cut - 28 and day < cut group by all),
            narrow as (select i, flywheel, {label} from week where growth > 0 group by all having count(*) = 4)
            select i, {column(question)} count(*) as value from narrow group by all"""


of_label("segment", "")
of_label("function", "_functions")
