-- What is assumed, and from when to when.
select name, currency, amount, at as from_at,
       lead(at) over (partition by name, currency order by at, assumption_id) as until_at
from assumptions
