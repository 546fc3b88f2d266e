"""Champions, deal champions and key members, and what they do (S36, S37, S59 to S61, S64 to S70; decision records 34 and 69).

Whoever has left the organization of their role holds it no longer; that an address is not used any more is no leaving, unless
they are known to be elsewhere since."""

from figures.prepared import prepared
from figures.register import column, fetch, kpi, ratio, share
from figures.survival import medians
from figures.workplaces import worked

ROLES = """
create or replace table stay_there as
select member, organization, midnight(from_day) as from_at, midnight(if(doubt = 2 and to_day - from_day = 180, (
           select min(greatest(coalesce(o.from_day, w.to_day), w.to_day)) from works o
           where o.member = w.member and o.organization <> w.organization and coalesce(o.to_day > w.to_day, true)), to_day)) as to_at
from works w where coalesce(from_day < to_day, true);

create or replace table held_role as
with stated as (
    select k.fact_id, k.member, k.source, body->>'$.role' as role, k.organization, body->>'$.deal' as deal,
           instant_of(body->>'$.from') as from_at, instant_of(body->>'$.to') as to_at, day_of(body->>'$.from') as from_day, day_of(body->>'$.to') as to_day
    from known k join member using (member) where kind = 'role' and is_bot = 0),
leaving as (
    select stated.fact_id, min(ended.to_at) as left_at
    from stated join stay_there ended on ended.member = stated.member and ended.organization = stated.organization and ended.to_at > stated.from_at
    where role in ('deal_champion', 'key_member') and not exists (
        select 1 from stay_there s where s.member = ended.member and s.organization = ended.organization
          and coalesce(s.from_at <= ended.to_at, true) and coalesce(s.to_at > ended.to_at, true))
    group by stated.fact_id)
select stated.* exclude (left_at, is_first) replace (if(is_first, left_at, to_at) as to_at, if(is_first, local_day(left_at), to_day) as to_day)
from (select stated.*, left_at, left_at is not null and coalesce(left_at < to_at, true) as is_first from stated left join leaving using (fact_id)) stated;

create or replace table done_in_role as
with grouped as (
    select member, day, channel_id, activity_type, min(occurred_at) as first_at, count(*) as acts, sum(weight) as weight
    from counted group by all)
select distinct held_role.role, grouped.* from grouped join held_role using (member) where first_at >= from_at and (to_at is null or first_at < to_at);

create or replace table taught_session as
with taught as (
    select a.member, instant_of(coalesce(a.body->>'$.at', v.body->>'$.starts_at')) as held_at
    from known a join known v on v.kind = 'event' and v.source = a.source and v.body->>'$.id' = a.body->>'$.event'
    where a.kind = 'attendance' and a.body->>'$.state' = 'attended' and a.body->>'$.role' in ('host', 'speaker')
      and v.body->>'$.kind' in ('teaching', 'training')
    union all
    select member, instant_of(body->>'$.done_at') from known
    where kind = 'task' and body->>'$.kind' = 'log_teaching' and body->>'$.outcome' = 'taught')
select taught.member, local_day(held_at) as day, r.organization, min(held_at) as held_at
from taught join held_role r on r.member = taught.member and held_at >= from_at and (to_at is null or held_at < to_at)
where r.role in ('champion', 'deal_champion', 'key_member') and r.organization is not null and not is_teammate(taught.member, local_day(held_at))
group by all;

create or replace table key_account as
select body->>'$.id' as organization, day_of(body->>'$.key_account.from') as from_day, day_of(body->>'$.key_account.to') as to_day
from known where kind = 'organization' and body->>'$.key_account' is not null;"""

# Champions at the end of the last complete day, 30 days or longer, with what they did in those 30 days.
LAST_30 = """
    champion as (
        select i, l, member from period join held_role on from_day <= cut - 30 and (to_at is null or to_at >= midnight(cut))
        where role = 'champion' and not is_teammate(member, cut) group by all),
    did as (
        select champion.i, champion.member, count(c.member) as acts, count(distinct c.day) as days
        from champion left join counted c on c.member = champion.member and c.day > l - 30 and c.day <= l group by all)"""


@ratio("champion_active_days_30d")
def champion_active_days_30d(db, question):
    held(db)
    return f"with {LAST_30} select i, sum(days) as numerator, count(*) as denominator from did group by i"


@ratio("champion_activity_30d")
def champion_activity_30d(db, question):
    held(db)
    return f"with {LAST_30} select i, sum(acts) as numerator, count(*) as denominator from did group by i"


def held(db):
    """Makes the tables of roles as they are held, and of what is done in them."""
    worked(db)
    prepared(db, ROLES)


@kpi("champion_activity_30d_median", empty=None)
def champion_activity_30d_median(db, question):
    held(db)
    return f"with {LAST_30} select i, median(acts) as value from did group by i"


@ratio("champion_mean_weight")
def champion_mean_weight(db, question):
    held(db)
    return """select i, sum(weight) as numerator, sum(acts) as denominator from period join done_in_role on day >= s and day < e
              where role = 'champion' group by i"""


@ratio("champion_mean_weight_each")
def champion_mean_weight_each(db, question):
    held(db)
    return """
        with each as (select i, member, sum(weight) / sum(acts) as mean from period join done_in_role on day >= s and day < cut
                      where role = 'champion' group by all)
        select i, sum(mean) as numerator, count(*) as denominator from each group by i"""


@kpi("deal_champions", by=("organization",))
def deal_champions(db, question):
    held(db)
    return f"""
        with now as (
            select i, member, coalesce(name, '(none)') as organization from period join held_role on from_day <= l and (to_day is null or to_day > l)
            left join organization on organization_id = held_role.organization
            where role = 'deal_champion' and not is_teammate(member, cut))
        select i, {column(question)} count(distinct member) as value from now group by all"""


KIND = "if(activity_type in ('champion:internal_advocacy:done', 'champion:intro:made'), 'champion act', 'community')"


@kpi("deal_champion_activities", by=("kind",))
def deal_champion_activities(db, question):
    held(db)
    return f"""select i, {column(question, kind=KIND)} sum(acts) as value from period join done_in_role on day >= s and day < e
               where role = 'deal_champion' group by all"""


@ratio("deal_champion_activities_each")
def deal_champion_activities_each(db, question):
    held(db)
    return """
        with named as (select distinct i, s, cut, member from period join held_role on from_at < midnight(cut) and (to_at is null or to_at > midnight(s))
                  where role = 'deal_champion' and not is_teammate(member, cut)),
        did as (select i, sum(acts) as acts from named n join done_in_role d on d.member = n.member and day >= s and day < cut and role = 'deal_champion' group by i)
        select i, coalesce(acts, 0) as numerator, count(*) as denominator from named left join did using (i) group by all"""


def of_deal_champions(name, value):
    """Registers a figure over what deal champions did while they were that."""

    @kpi(name)
    def make(db, question):
        held(db)
        return f"select i, {value} as value from period join done_in_role on day >= s and day < e where role = 'deal_champion' group by i"


of_deal_champions("deal_champion_activity_weight", "sum(weight)")
of_deal_champions("deal_champion_active_days", "count(distinct (member, day))")


# Feedback with the roles that its author held at that instant.
FEEDBACK = """
    given as (select * replace (coalesce(topic, '(none)') as topic, coalesce(kind, '(none)') as kind) from thing),
    in_role as (
        select given.*, role, organization from given join held_role using (member)
        where given_at >= from_at and (to_at is null or given_at < to_at) and not is_teammate(given.member, given.day))"""


# The words of feedback are those of the activity that it names, by its id at the source or its public one, else of that which it is.
WORDS = """
    named as (
        select k.fact_id, k.source, coalesce(k.body->>'$.activity', 'feedback:' || (k.body->>'$.id')) as name from known k where k.kind = 'feedback'),
    about as (
        select fact_id, stem from named join act using (source) where external_id = name
        union
        select fact_id, left(replace(name, '-', ''), 24) from named where length(name) = 36),
    word as (
        select fact_id, arg_min(sentiment, (occurred_at, seq)) as mood from about join act using (stem) where sentiment is not null group by fact_id)"""


@kpi("champion_feedback", by=("topic", "kind", "mood", "account"))
def champion_feedback(db, question):
    held(db)
    return f"""
        with {FEEDBACK}, {WORDS},
        said as (
            select ids, day, topic, kind, coalesce(mood, 'unknown') as mood, if(bool_or(exists (
                select 1 from key_account a where a.organization = in_role.organization and day >= from_day and (to_day is null or day < to_day))),
                'key account', 'other') as account
            from in_role left join word using (fact_id) where role in ('champion', 'deal_champion', 'key_member') group by all)
        select i, {column(question)} count(*) as value from period join said on day >= s and day < e group by all"""


@share("champion_feedback_actioned")
def champion_feedback_actioned(db, question):
    held(db)
    return f"""
        with {FEEDBACK},
        said as (select distinct ids, day, given_at, decided_at, told_at, item, as_of from in_role where role = 'champion')
        select i, count_if(told_at <= given_at + interval 90 days and (decided_at <= told_at or item is not null or exists (
                   select 1 from shipped join shipped_for a on a.item = source || ' ' || id where list_contains(said.ids, a.feedback) and shipped_at <= given_at + interval 90 days))) as numerator,
               count(*) as denominator
        from period join said on day >= s and day < e where given_at + interval 90 days < as_of group by i"""


@share("champion_feedback_loop_closure")
def champion_feedback_loop_closure(db, question):
    held(db)
    return f"""
        with {FEEDBACK},
        said as (select distinct ids, day, given_at, decided_at, told_at from in_role where role = 'champion')
        select i, count(told_at) as numerator, count(*) as denominator
        from period join said on day >= s and day < e where decided_at is not null or told_at is not null group by i"""


@kpi("champion_feedback_time_to_action", empty=None)
def champion_feedback_time_to_action(db, question):
    held(db)
    return medians(
        fetch(
            db,
            f"""
        with {FEEDBACK},
        said as (select distinct ids, day, given_at, decided_at, told_at, item, as_of from in_role where role = 'champion'),
        acted as (
            select day, given_at, as_of, if(decided_at <= told_at or item is not null or exists (
                select 1 from shipped join shipped_for a on a.item = source || ' ' || id where list_contains(said.ids, a.feedback)), told_at, null) as acted_at from said)
        select i, acted_at is not null as happened,
               greatest(0, date_diff('microsecond', given_at, coalesce(acted_at, as_of)) // 1000000) as seconds
        from period join acted on day >= s and day < e""",
        )
    )


@ratio("champion_feedback_each")
def champion_feedback_each(db, question):
    held(db)
    return f"""
        with {FEEDBACK},
        named as (
            select distinct i, s, cut, member from period join held_role on from_at < midnight(cut) and (to_at is null or to_at > midnight(s))
            where role in ('champion', 'deal_champion', 'key_member') and not is_teammate(member, cut)),
        said as (select distinct ids, day, member from in_role where role in ('champion', 'deal_champion', 'key_member'))
        select i, count(said.ids) as numerator, count(distinct named.member) as denominator
        from named left join said on said.member = named.member and day >= s and day < cut group by i"""


# Key members at accounts that are key accounts on the last complete day, and whether they took part in the 90 days before.
KEY_MEMBERS = """
    account as (select i, l, cut, organization from period join key_account on coalesce(from_day <= l, true) and (to_day is null or to_day > l)),
    key_member as (
        select distinct account.i, account.organization, r.member, exists (
            select 1 from member_day d where d.member = r.member and d.day > l - 90 and d.day <= l) as is_active
        from account join held_role r on r.organization = account.organization and r.from_day <= l and (r.to_day is null or r.to_day > l)
        where role = 'key_member' and not is_teammate(r.member, cut)),
    active as (select i, organization, count(*) as members from key_member where is_active group by all)"""


@share("key_account_coverage")
def key_account_coverage(db, question):
    held(db)
    return f"""with {KEY_MEMBERS} select i, count(active.members) as numerator, count(*) as denominator
               from account left join active using (i, organization) group by i"""


@kpi("key_account_single_thread", by=("organization",))
def key_account_single_thread(db, question):
    held(db)
    return f"""with {KEY_MEMBERS} select i, {column(question, organization="name")} count(*) as value
               from active join organization on organization_id = active.organization where members = 1 group by all"""


@kpi("key_accounts_multi_thread", by=("organization",))
def key_accounts_multi_thread(db, question):
    held(db)
    return f"""with {KEY_MEMBERS} select i, {column(question, organization="name")} count(*) as value
               from active join organization on organization_id = active.organization where members >= 2 group by all"""


@kpi("key_member_funnel", by=("stage",))
def key_member_funnel(db, question):
    held(db)
    return f"""
        with invitation as (
            select i.member, pushed_at as invited_at from push join fact_person using (fact_id) join identity i on i.identity_id = fact_person.identity_id
            where push.kind = 'invitation' and field = 'subjects'
            union all
            select i.member, instant_of(body->>'$.sent_at') from known k join fact_person p using (fact_id) join identity i on i.identity_id = p.identity_id
            where k.kind = 'invite' and p.field = 'accepted_by' and by_then(body->>'$.accepted_at', as_of) is not null),
        first as (select member, min(invited_at) as invited_at, local_day(min(invited_at)) as day from invitation group by member),
        judged as (
            select first.*, (select min(occurred_at) from counted c where c.member = first.member and occurred_at >= invited_at) as joined_at
            from first where invited_at + interval 30 days < (select as_of from moment)
              and exists (select 1 from held_role r where r.member = first.member and role = 'key_member' and from_at <= (select as_of from moment))),
        staged as (
            select *, case when (select count(distinct c.day) from counted c where c.member = judged.member
                                   and c.day >= local_day(joined_at) and c.day < local_day(joined_at) + 30) >= 2 then 'active'
                           when joined_at is not null then 'joined' else 'invited' end as stage
            from judged)
        select i, {column(question)} count(*) as value from period join staged on day >= s and day < e group by all"""


@share("internal_teaching")
def internal_teaching(db, question):
    """The organization is that of the role, and that which the product states of its user."""
    held(db)
    return """
        with judged as (
            select t.day, exists (
                select 1 from known k where k.kind = 'product_user' and k.member <> t.member and (body->>'$.organization') = t.organization
                  and instant_of(body->>'$.signup_at') >= held_at and instant_of(body->>'$.signup_at') < held_at + interval 30 days) as is_taught
            from taught_session t where held_at + interval 30 days <= (select as_of from moment))
        select i, count_if(is_taught) as numerator, count(*) as denominator from period join judged on day >= s and day < e group by i"""
