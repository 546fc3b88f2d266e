"""The catalogue's figures, one module a group. Importing this package registers them all."""

from figures import activity, calls, connections, content, departments, layers, lifecycle, moods, orbit, questions, windows  # noqa: F401
from figures import deflection, employers, everybodys_layers, inquiries, invitations, key_accounts, leads, members_in_product, mentions  # noqa: F401
from figures import newcomers, sales_calls, scores_of_surveys, visitors  # noqa: F401
from figures import advocates, audience, customers, deals, hand_offs, invited_by_new, product_use, roles, teammates, website  # noqa: F401
from figures.register import KPIS, evaluate

__all__ = ["KPIS", "evaluate"]
