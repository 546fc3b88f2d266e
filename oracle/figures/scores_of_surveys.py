"""What answers to surveys add up to (S72)."""

from figures.register import ratio


@ratio("net_promoter_score")
def net_promoter_score(db, question):
    return """
        with said as (
            select * from (
                select k.member, day_of(body->>'$.at') as day, instant_of(body->>'$.at') as said_at, cast(body->>'$.score' as double) as score,
                       coalesce(is_bot, 0) = 1 as is_bot from known k left join member using (member)
                where kind = 'survey_response' and body->>'$.kind' = 'nps')
            where said_at <= (select as_of from moment) and not is_bot and not coalesce(is_teammate(member, day), false) and score between 0 and 10)
        select i, 100 * (count_if(score >= 9) - count_if(score <= 6)) as numerator, count(*) as denominator
        from period join said on day >= s and day < e group by i"""
