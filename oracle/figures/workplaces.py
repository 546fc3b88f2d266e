"""Where members worked: what sources state, and the domains of the addresses that their accounts had (decision records 29 and 56)."""

from figures.prepared import prepared

RANKS = ("crm", "email", "profile", "inferred")
RANK = f"coalesce(list_position({list(RANKS)}, {{}}), 0)"

# The days on which accounts used their addresses. What activities carried goes by them, also where a profile says it too; `begun_at` is
# when an address is first known, and not known of one that records merely mention.
ADDRESSES = """
create or replace table address_days as
with active as (select identity_id, min(day) as first_day, max(day) as last_day from act group by identity_id),
address as (
    select e.identity_id, e.email, e.verified = 1 as is_verified, coalesce(lower(trim(i.email)) = e.email, false) as is_present,
           count(*) over account = 1 as is_only, coalesce(e.first_at, e.heard_at) as begun_at,
           min(coalesce(e.first_at, e.heard_at)) over account as first_begun_at, e.last_at,
           (select min(heard_at) from identity_email n where n.identity_id = e.identity_id and n.heard_at > e.heard_at) as next_at
    from identity_email e join identity i using (identity_id)
    window account as (partition by e.identity_id)),
used as (
    select a.*, active.first_day, active.last_day, local_day(make_timestamp(begun_at)) as from_day,
           local_day(make_timestamp(coalesce(last_at, next_at - 1, begun_at))) as to_day
    from address a join active using (identity_id) where is_only or is_present or begun_at is not null),
known_days as (
    select identity_id, email, is_verified,
           if(is_only or begun_at is null or begun_at = first_begun_at, first_day, greatest(from_day, first_day)) as first_day,
           if(is_only or is_present, last_day, least(to_day, last_day)) as last_day
    from used)
select * from known_days where first_day <= last_day"""

# Addresses that nobody reads tell nothing (decision record 29).
SILENT = "mailer-daemon|postmaster|notifications|bounces?|daemon|www-data|nobody"
IS_READ = f"not regexp_matches(split_part({{}}, '@', 1), '^(({SILENT})$|(no|do[-_.]?not)[-_.]?reply)')"

# Addresses at domains that sources state, while in use and, less surely, 180 days after, but no longer than a CRM says where they were in
# use before its end. One that several accounts of a member had is in use from the first to the last day of any of them, unless an address
# of another organization is in use between. A present address that a profile says and no activity carried is in use while the member does
# anything, from the day after the last use of another organization's address on, at the latest from when it was heard (decision record 71).
WORK = f"""
create or replace table address_use as
with domain as (select body->>'$.id' as organization, lower(unnest(cast(body->'$.domains' as varchar[]))) as domain from known where kind = 'organization'),
stay as (select member, organization, coalesce(day_of(body->>'$.to'), date '9999-12-31') as left_day from known
         where kind = 'affiliation' and coalesce(body->>'$.origin', 'crm') = 'crm'),
carried_by_account as (
    select member, organization, a.email, is_verified, first_day, last_day
    from address_days a join identity using (identity_id) join domain on split_part(a.email, '@', 2) = domain
    where {IS_READ.format('a.email')}),
after_another as (
    select *, max(last_day) over (partition by member, organization, email, is_verified order by first_day, last_day
                                  rows between unbounded preceding and 1 preceding) as before_day
    from carried_by_account),
begun as (
    select a.*, before_day is null or (first_day > before_day + 1 and exists (
               select 1 from carried_by_account o where o.member = a.member and o.organization <> a.organization
                   and o.last_day > a.before_day and o.first_day < a.first_day)) as is_new
    from after_another a),
numbered as (
    select *, sum(if(is_new, 1, 0)) over (partition by member, organization, email, is_verified order by first_day, last_day) as turn from begun),
carried_there as (
    select distinct member, organization, is_verified, first_day, last_day from (
        select member, organization, is_verified, min(first_day) as first_day, max(last_day) as last_day
        from numbered group by member, organization, email, is_verified, turn)),
span as (select member, min(day) as first_day, max(day) as last_day from act group by member),
said_there as (
    select distinct i.member, organization, e.verified = 1 as is_verified, local_day(make_timestamp(nullif(e.heard_at, 0))) as heard_day
    from identity_email e join identity i using (identity_id) join domain on split_part(e.email, '@', 2) = domain
    where {IS_READ.format('e.email')} and lower(trim(i.email)) = e.email and e.first_at is null and (e.verified = 1 or e.heard_at is not null)),
said_days as (
    select s.*, span.first_day, span.last_day,
           (select max(last_day) + 1 from carried_there o
            where o.member = s.member and o.organization <> s.organization and coalesce(o.first_day < s.heard_day, true)) as free_day
    from said_there s join span using (member)),
used_there as (
    select * from carried_there
    union
    select member, organization, is_verified, start_day, last_day from (
        select *, greatest(first_day, least(coalesce(free_day, first_day), coalesce(heard_day, date '9999-12-31'))) as start_day from said_days)
    where start_day <= last_day)
select * replace (least(last_day, left_day - 1) as last_day)
from (select u.*, coalesce((select max(left_day) from stay s where s.member = u.member and s.organization = u.organization and left_day > first_day),
                           date '9999-12-31') as left_day from used_there u) u;

create or replace table works as
select member, organization, day_of(body->>'$.from') as from_day, day_of(body->>'$.to') as to_day, {RANK.format("body->>'$.origin'")} as rank, 0 as doubt
from known where kind = 'affiliation' and member is not null
union all
select member, organization, first_day, last_day + 1,
       if(is_verified, {RANK.format("'email'")}, {RANK.format("'inferred'")}), if(is_verified, 0, 1)
from address_use
union all
select member, organization, last_day + 1, least(last_day + 181, left_day, (
           select min(first_day) from address_use other
           where other.member = a.member and other.organization <> a.organization and other.last_day > a.last_day)),
       {RANK.format("'inferred'")}, 2
from address_use a"""

# Domains of which everybody can have an address: they tell nothing.
FREE = ("gmail.com",)


def worked(db):
    """Makes the table `works`: member, organization, `[from_day, to_day)`, rank and doubt, the lower the surer."""
    prepared(db, ADDRESSES)
    prepared(db, WORK)


def unstated(db):
    """How many addresses are at domains that nobody states: they tell organizations by rules with lists of their own."""
    unknown = """
        select count(*) from identity_email where split_part(email, '@', 2) not in (
            select lower(unnest(cast(body->'$.domains' as varchar[]))) from fact where kind = 'organization')
          and not list_contains(cast(? as varchar[]), split_part(email, '@', 2))"""
    return db.execute(unknown, [list(FREE)]).fetchone()[0]


def only_stated(db):
    """Records that have any such addresses are left out."""
    if unstated(db):
        raise NotImplementedError("organizations follow from domains of addresses that nobody states too (decision record 29)")
