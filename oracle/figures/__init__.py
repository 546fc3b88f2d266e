"""The catalogue's figures, one module a group. Importing this package registers them all."""

from figures import activity, advocates, calls, connections, content, departments, hand_offs, layers, lifecycle, moods, orbit, product_use, questions, roles, website, windows  # noqa: F401, E501
from figures.register import KPIS, evaluate

__all__ = ["KPIS", "evaluate"]
