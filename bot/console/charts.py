"""Small drawings for pages: columns over days, and bars beside names. The same numbers always stand in a table too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

WIDE = 10
HIGH = 100
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
    def shown_labels(self) -> tuple[str, ...]:
        """The labels that have room beneath the drawing: the first, the last, and some in equal steps."""
        last = len(self.labels) - 1
        if self.is_even:
            return self.labels
        steps = MOST_LABELS - 1
        return tuple(self.labels[round(last * step / steps)] for step in range(steps + 1))

    @property
    def is_even(self) -> bool:
        """Whether every column has a label of its own."""
        return len(self.labels) <= MOST_LABELS + 1

    def rows(self) -> list[tuple[str, tuple[float, ...]]]:
        """The table: each label with its numbers."""
        return [(label, tuple(series.values[at] for series in self.series)) for at, label in enumerate(self.labels)]

    def drawing(self) -> Markup:
        """Draw it. It stretches with the page, so no words stand in it; a pointer finds them on each column."""
        lines = Markup("").join(
            Markup('<path class="grid" d="M0 {y}H{x}"/>').format(y=y, x=WIDE * len(self.labels))
            for y in (0, HIGH // 2, HIGH)
        )
        columns = Markup("").join(self._column(at) for at in range(len(self.labels)))
        return Markup(
            '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}{}</svg>'
        ).format(WIDE * max(len(self.labels), 1), HIGH, self._spoken(), lines, columns)

    def _column(self, at: int) -> Markup:
        rectangles = Markup("").join(self._stack(at) if self.stacked else self._group(at))
        said = ", ".join(f"{series.name} {series.values[at]:,g}" for series in self.series)
        return Markup(
            '<g class="column"><title>{}: {}</title><rect x="{}" width="{}" height="{}" fill="transparent"/>{}</g>'
        ).format(self.labels[at], said, WIDE * at, WIDE, HIGH, rectangles)

    def _stack(self, at: int) -> list[Markup]:
        drawn, below = [], 0.0
        for series in self.series:
            height = HIGH * series.values[at] / self.top
            below += height
            drawn.append(_rectangle(series.tone, WIDE * at + WIDE * 0.15, WIDE * 0.7, below, height))
        return drawn

    def _group(self, at: int) -> list[Markup]:
        wide = WIDE * 0.76 / len(self.series)
        return [
            _rectangle(
                series.tone,
                WIDE * at + WIDE * 0.12 + wide * number,
                wide * 0.94,
                HIGH * series.values[at] / self.top,
                HIGH * series.values[at] / self.top,
            )
            for number, series in enumerate(self.series)
        ]

    def _spoken(self) -> str:
        totals = ", ".join(f"{series.name} {sum(series.values):,g}" for series in self.series)
        return f"{self.title}. In all: {totals}. The numbers stand in the table below."


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


def _rectangle(series: int, x: float, wide: float, top: float, height: float) -> Markup:
    return Markup('<rect class="s{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        series, f"{x:.2f}", f"{HIGH - top:.2f}", f"{wide:.2f}", f"{height:.2f}"
    )


def _rounded_up(number: float) -> int:
    size = 1
    while True:
        for step in (2, 4, 10):
            if step * size >= number:
                return step * size
        size *= 10
