"""The catalogue's figures, one module a group. Importing this package registers them all."""

from figures import activity, connections, content, layers, lifecycle, moods, orbit, questions, windows  # noqa: F401
from figures.register import KPIS, evaluate

__all__ = ["KPIS", "evaluate"]
