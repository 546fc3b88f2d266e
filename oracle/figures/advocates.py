"""Members who speak for us (S87, S89)."""

from figures.prepared import prepared
from figures.register import column, kpi, share

# Acts, and whether they are new: on something on which, or for a campaign for which the member had not advocated before; always where they are on nothing.
ADVOCACY = """
create or replace table advocacy as
select member, day, thing is null
         or row_number() over (partition by member, thing, campaign order by occurred_at, activity_id) = 1 as is_new
from counted
where activity_type in ('social:post:shared', 'story:testimonial:given', 'review:published', 'referral:sent', 'article:published',
    'video:published', 'champion:internal_advocacy:done', 'champion:intro:made', 'talk:given')"""

AGAIN = """
    select i, count_if(exists (
               select 1 from advocacy n where n.member = a.member and n.day >= s and n.day < cut and n.is_new)) as numerator, count(*) as denominator
    from (select i, s, cut, member, max(day) as last_day from period join advocacy on day < s where s <= cut group by all) a"""


@share("advocate_reengagement_rate")
def advocate_reengagement_rate(db, question):
    prepared(db, ADVOCACY)
    return f"{AGAIN} group by i"


@share("advocate_reengagement_rate_lapsed")
def advocate_reengagement_rate_lapsed(db, question):
    prepared(db, ADVOCACY)
    return f"{AGAIN} where last_day < s - 90 group by i"


MENTIONS = r"""
create or replace table brand as
select body->>'$.name' as name, cast(body->>'$.own' as boolean) as is_own,
       list_distinct(list_transform(list_append(coalesce(cast(body->'$.terms' as varchar[]), []), body->>'$.name'), lambda x: lower(x))) as terms,
       coalesce(day_of(body->>'$.from'), date '0001-01-01') as from_day, coalesce(day_of(body->>'$.to'), date '9999-12-31') as to_day
from known where kind = 'brand';

create or replace table mention as
with said as (
    select fact_id, source || '/' || (body->>'$.id') as key, instant_of(body->>'$.at') as said_at, day_of(body->>'$.at') as day, body->>'$.channel' as channel, member,
           lower(coalesce(body->>'$.text', '')) as words, cast(body->>'$.reach' as bigint) as reach, coalesce(cast(body->>'$.paid' as boolean), false) as paid, body->>'$.repost_of' is not null as repost
    from known where kind = 'mention' and instant_of(body->>'$.at') <= as_of),
named as (
    select said.*, brand.is_own from said left join brand on day >= from_day and day < to_day
      and len(list_filter(terms, lambda t: regexp_matches(words, '(^|\W)' || regexp_escape(t) || '($|\W)'))) > 0)
select fact_id, said_at, day, channel, member, words, reach, bool_or(coalesce(is_own, true)) as is_ours,
       bool_or(paid) or bool_or(regexp_matches(words, '#(ad|sponsored|werbung|anzeige|paid)\b')) as is_paid,
       bool_or(repost) or bool_or(is_copy) as is_repost
from (select named.*, exists (
        select 1 from said b where b.words = named.words and b.words <> '' and (b.said_at, b.key) < (named.said_at, named.key)
          and b.said_at >= named.said_at - interval 24 hours) as is_copy from named)
group by fact_id, said_at, day, channel, member, words, reach;"""


def of_advocates(name, value):
    """Registers a figure over the mentions that influencers, advocates and champions make of their own accord."""

    @kpi(name, by=("channel",))
    def make(db, question):
        prepared(db, MENTIONS)
        return f"""
            with role as (
                select member, instant_of(body->>'$.from') as from_at, instant_of(body->>'$.to') as to_at from known
                where kind = 'role' and body->>'$.role' in ('influencer', 'advocate', 'champion'))
            select i, {column(question)} {value} as value from period join mention m on day >= s and day < e join member using (member)
            where is_ours and not is_paid and not is_repost and is_bot = 0 and not is_teammate(m.member, m.day) and exists (
                select 1 from role r where r.member = m.member and said_at >= from_at and (to_at is null or said_at < to_at)) group by all"""


of_advocates("influencer_advocate_mentions", "count(*)")
of_advocates("influencer_advocate_authors", "count(distinct m.member)")
of_advocates("influencer_advocate_reach", "sum(reach)")
