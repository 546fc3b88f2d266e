-- What each ticket of `deflections` would have cost, by the assumption that held then, in the reporting currency where it has a rate
-- of the day. A cost that is assumed in several currencies counts once in each that it is told in: by the assumption made last.
select kind, thread, channel, member, at, day, escalated_at, currency, value, converted_by
from (
  select d.*, told_currency(a.currency, d.day) as currency, told_amount(a.amount, a.currency, d.day) as value,
         told_rate(a.currency, d.day) as converted_by,
         row_number() over (
           partition by d.kind, d.thread, d.member, d.at, told_currency(a.currency, d.day)
           order by a.from_at desc, a.currency
         ) as place
  from deflections d
  join assumed a on a.name = 'cost_per_ticket' and d.at >= a.from_at and (a.until_at is null or d.at < a.until_at)
) priced
where place = 1
