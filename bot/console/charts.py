"""What pages draw: columns over days, and bars beside names. The same numbers always stand in a table too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from bot.console.drawing import NARROW, WIDE, drawing

MOST_LABELS = 5


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers, one for each label of its chart; `tone` is its colour, from 1 to 6."""

    name: str
    values: tuple[float, ...]
    tone: int


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn, and told in a table. `key` names it in addresses; `stacked` puts the series upon each other."""

    key: str
    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    stacked: bool = False
    of: str = "Day"

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(any(series.values) for series in self.series)

    @property
    def top(self) -> int:
        """The number at the upper end of the scale, one that can be halved."""
        columns = zip(*(series.values for series in self.series), strict=True)
        most = max((sum(column) if self.stacked else max(column) for column in columns), default=0)
        return _rounded_up(most)

    @property
    def scale(self) -> tuple[int, int, int]:
        """The numbers beside the drawing, from the upper end."""
        return self.top, self.top // 2, 0

    @property
    def shown_places(self) -> tuple[int, ...]:
        """The columns whose label has room beneath the drawing: the first, the last, and some in equal steps."""
        if len(self.labels) <= MOST_LABELS + 1:
            return tuple(range(len(self.labels)))
        last, steps = len(self.labels) - 1, MOST_LABELS - 1
        return tuple(round(last * step / steps) for step in range(steps + 1))

    def rows(self) -> list[tuple[str, tuple[float, ...]]]:
        """The table: each label with its numbers."""
        return [(label, tuple(series.values[at] for series in self.series)) for at, label in enumerate(self.labels)]

    def drawing(self) -> Markup:
        """Draw it for half a page, with its scale and the days beneath."""
        return drawing(self, NARROW)

    def wide_drawing(self) -> Markup:
        """Draw it for the whole width of a page."""
        return drawing(self, WIDE)


def bar(part: float, *, series: int = 1) -> Markup:
    """Draw how full something is; 1 is full."""
    full = min(max(part, 0.0), 1.0) * 100
    return Markup(
        '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="s{}" width="{}" height="10"/></svg>'
    ).format(series, f"{full:.2f}")


def day_label(day: date) -> str:
    """Write a day beneath a column."""
    return f"{day.day} {day:%b}"


def over_days(
    key: str,
    title: str,
    days: Sequence[date],
    rows: Sequence[tuple[str, Sequence[float]]],
    *,
    stacked: bool = False,
    tones: Sequence[int] = (1, 2, 3, 4, 5, 6),
) -> Chart:
    """Return a chart of numbers per day."""
    series = tuple(Series(name, tuple(values), tone) for (name, values), tone in zip(rows, tones, strict=False))
    return Chart(key, title, tuple(day_label(day) for day in days), series, stacked)


def _rounded_up(number: float) -> int:
    size = 1
    while True:
        for step in (2, 4, 10):
            if step * size >= number:
                return step * size
        size *= 10
