"""The product's users, and those of them who are members (S41, S43, S44, S73)."""

from collections import Counter, defaultdict
from datetime import timedelta
from statistics import median

from figures.orbit import baseline, community, ends, gauge, level_of
from figures.register import column, kpi, share, tally

# Who used the product and who signed up to it, without teammates of the day and programs.
PRODUCT = """
create or replace table used as
select * from (select k.member, instant_of(body->>'$.at') as used_at, day_of(body->>'$.at') as day, body->>'$.feature' as feature,
                      body->>'$.milestone' as milestone from known k join member using (member)
               where kind = 'product_event' and is_bot = 0)
where used_at <= (select as_of from moment) and not is_teammate(member, day);

create or replace table signed_up as
with dated as (select k.member, instant_of(body->>'$.signup_at') as signup_at, day_of(body->>'$.signup_at') as day, body->>'$.plan' as plan,
                      body->>'$.organization' as organization from known k join member using (member)
               where kind = 'product_user' and is_bot = 0),
first as (select *, row_number() over (partition by member order by signup_at) as place from dated
          where signup_at <= (select as_of from moment))
select * exclude (place) from first where place = 1 and not is_teammate(member, day);

create or replace table shown as
select * from (select k.member, instant_of(body->>'$.at') as shown_at, day_of(body->>'$.at') as day, body->>'$.signpost' as signpost,
                      body->>'$.kind' = 'clicked' as is_clicked from known k join member using (member)
               where kind = 'signpost' and is_bot = 0)
where shown_at <= (select as_of from moment) and not is_teammate(member, day);

create or replace table joined as select member, min(occurred_at) as joined_at, min(day) as day from counted group by member"""


def with_product(db):
    """Makes `used`, `signed_up`, `shown` and `joined` as of the moment asked for, once."""
    moment = db.execute("select as_of, zone from moment").fetchone()
    if MADE.get(id(db)) != moment:
        db.execute(PRODUCT)
        MADE[id(db)] = moment


MADE: dict = {}


def used_within(days):
    """A figure that counts who used the product in the window that ends with the period's last complete day."""

    def make(db, question):
        with_product(db)
        return f"""select i, count(distinct member) as value
                   from period join used on day > l - {days} and day <= l group by i"""

    return make


kpi("weekly_active_product_users")(used_within(7))
kpi("monthly_active_product_users")(used_within(30))


@kpi("usage_volume")
def usage_volume(db, question):
    with_product(db)
    return "select i, count(*) as value from period join used on day > l - 30 and day <= l group by i"


@share("product_user_linkage")
def product_user_linkage(db, question):
    with_product(db)
    return """
        select i, count_if(exists (select 1 from identity n where n.member = signed_up.member and n.platform <> 'product')) as numerator,
               count(*) as denominator
        from period join signed_up on day < cut group by i"""


@share("signpost_ctr", by=("signpost",))
def signpost_ctr(db, question):
    with_product(db)
    return f"""select i, {column(question)} count(distinct member) filter (is_clicked) as numerator, count(distinct member) as denominator
               from period join shown on day >= s and day < e group by all"""


@share("signpost_join_rate", by=("signpost",))
def signpost_join_rate(db, question):
    with_product(db)
    return f"""
        with click as (
            select shown.*, joined_at,
                   joined_at <= shown_at + interval 7 days and not exists (
                       select 1 from shown later where later.member = shown.member and later.is_clicked
                         and later.shown_at > shown.shown_at and later.shown_at < joined_at) as is_credited
            from shown left join joined using (member)
            where is_clicked and (joined_at is null or joined_at > shown_at)
              and shown_at + interval 7 days <= (select as_of from moment))
        select i, {column(question)} count(distinct member) filter (is_credited) as numerator, count(distinct member) as denominator
        from period join click on click.day >= s and click.day < e group by all"""


@share("members_using_product")
def members_using_product(db, question):
    with_product(db)
    return """
        with active as (
            select distinct i, l, cut, member from period join member_day d on d.day > l - 90 and d.day <= l
            where not is_teammate(member, cut))
        select i, count_if(exists (select 1 from used u where u.member = active.member and u.day > l - 30 and u.day <= l)) as numerator, count(*) as denominator
        from active group by i"""


def user_members(db, end):
    """Who signed up to the product or used it, and took part in the community, before the midnight that begins a day."""
    rows = db.execute(
        """select member from (select member, day from used union all select member, day from signed_up) u
           where u.day < $1 and not is_teammate(member, cast($1 as date))
             and exists (select 1 from first_day f where f.member = u.member and f.day < $1)""",
        [end],
    )
    return {member for (member,) in rows.fetchall()}


@kpi("user_member_presence", by=("active_days",))
def user_member_presence(db, question):
    with_product(db)
    people, rows = community(db), []
    for place, _, end in ends(question):
        counts = Counter()
        for member in user_members(db, end):
            first, last = people.within(member, end - timedelta(days=30), end)
            counts[next(name for least, name in ACTIVE_DAYS if last - first >= least)] += 1
        rows += tally(question, place, counts, "active_days")
    return rows


ACTIVE_DAYS = ((10, "10+"), (5, "5-9"), (2, "2-4"), (1, "1"), (0, "0"))


@kpi("user_member_recency", empty=None)
def user_member_recency(db, question):
    with_product(db)
    people, rows = community(db), []
    for place, _, end in ends(question):
        ago = []
        for member in user_members(db, end):
            _, last = people.within(member, end, end)
            ago.append((end - people.days[member][last - 1]).days - 1)
        rows.append({"i": place, "value": median(ago) if ago else None})
    return rows


@kpi("user_member_gauge", by=("gauge",))
def user_member_gauge(db, question):
    with_product(db)
    people, rows = community(db), []
    for place, _, end in ends(question):
        mine = user_members(db, end)
        counts = Counter(name for member, name in gauge_of_each(people, end).items() if member in mine)
        rows += tally(question, place, counts, "gauge")
    return rows


def gauge_of_each(people, day):
    """The gauge of every member at a midnight (decision record 12)."""
    known = {member for member, days in people.days.items() if days[0] < day and not people.is_teammate(member, day)}
    baselines = {member: baseline(people, member, day) for member in known}
    rates = defaultdict(list)
    for member, (active, length) in baselines.items():
        if length:
            rates[level_of(people.held(member, day))].append(active / length)
    usual = {level: median(rate) for level, rate in rates.items()}
    each = {}
    for member, (active, length) in baselines.items():
        first, last = people.within(member, day - timedelta(days=30), day)
        rate = usual.get(level_of(people.held(member, day)))
        each[member] = gauge(last - first, active, length, rate) if length else "no baseline"
    return each
