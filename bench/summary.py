"""Medians, spreads and ratios."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """A cell over its rounds."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{number(self.median)} ({number(self.low)}-{number(self.high)})"


def spread(values: Sequence[float]) -> Spread | None:
    """Median, least and greatest; None without values."""
    if not values:
        return None
    return Spread(median(values), min(values), max(values))


def number(value: float) -> str:
    """Three significant digits, thousands separated."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 0.995:
        return f"{value:.2f}"
    return f"{value:.3f}"
