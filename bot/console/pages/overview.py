"""The overview: what came in, what we answered, how long it took, and how it changes over the days."""

from collections.abc import Sequence
from datetime import timedelta

from starlette.responses import Response

from bot.console.charts import Chart, Series, over_days
from bot.console.figures import WAITS, Figures, figures
from bot.console.house import Page, Visit, whole
from bot.console.rendering import percent, words
from bot.console.tables import sheet
from bot.errors import NotFound
from bot.throttle.saturation import Share, saturation

SPANS = (7, 30, 90)
MOST_VENUES = 200
SHOWN_VENUES = 6


def show(visit: Visit) -> Response:
    """Show the overview."""
    days = _days(visit)
    found = _figures(visit, days)
    venues = _venues(visit, days)
    charts = {chart.key: chart for chart in (*_charts(found), _by_venue(venues[:SHOWN_VENUES]))}
    return visit.show(
        "overview.html",
        title="Overview",
        days=days,
        spans=SPANS,
        figures=found,
        charts=charts,
        more_venues=len(venues) > SHOWN_VENUES,
    )


def download(visit: Visit) -> Response:
    """Return the numbers of one drawing as CSV."""
    days, wanted = _days(visit), visit.asked("chart")
    if wanted == "venues":
        rows = [(each.name, each.ours, each.others, f"{each.share:.4f}") for each in _venues(visit, days)]
        return sheet(f"chorus-venues-{days}-days", ("venue", "ours", "others", "our share"), rows)
    found = _figures(visit, days)
    chart = next((each for each in _charts(found) if each.key == wanted), None)
    if chart is None:
        raise NotFound("There is no such table. Open the overview and choose one there.")
    labels = [day.isoformat() for day in found.days] if chart.of == "Day" else list(chart.labels)
    numbers = [values for _, values in chart.rows()]
    table = [(label, *(f"{value:g}" for value in values)) for label, values in zip(labels, numbers, strict=True)]
    return sheet(f"chorus-{chart.key}-{days}-days", (chart.of, *(series.name for series in chart.series)), table)


def _days(visit: Visit) -> int:
    days = whole(visit.asked("days")) or 30
    return days if days in SPANS else 30


def _figures(visit: Visit, days: int) -> Figures:
    with visit.deps.sessions() as session:
        return figures(session, days=days, now=visit.deps.now())


def _venues(visit: Visit, days: int) -> tuple[Share, ...]:
    now = visit.deps.now()
    with visit.deps.sessions() as session:
        return saturation(session, (), since=now - timedelta(days=days), now=now, most=MOST_VENUES).venues


def _charts(found: Figures) -> tuple[Chart, ...]:
    came = [("came in", found.came), ("answered", found.answered), ("left in silence", found.silent)]
    kinds = [(words(kind), values) for kind, values in found.kinds.items()]
    moods = [(mood, found.moods[mood]) for mood in ("negative", "positive", "neutral")]
    waits = Chart(
        "waits",
        "How long people waited",
        tuple(name for name, _ in WAITS),
        (Series("answers", found.waits, 1),),
        of="Waited",
    )
    return (
        over_days("days", "What came in, and what we did", found.days, came, tones=(1, 2, 6)),
        over_days("kinds", "Kinds", found.days, kinds, stacked=True),
        over_days("moods", "Moods", found.days, moods, stacked=True, tones=(4, 2, 6)),
        waits,
        Chart(
            "corrections",
            "Corrections, and what became of them",
            tuple(words(became) for became, _ in found.corrections),
            (Series("corrections", tuple(number for _, number in found.corrections), 3),),
            of="Became",
        ),
    )


def _by_venue(venues: Sequence[Share]) -> Chart:
    ours = Series("ours", tuple(venue.ours for venue in venues), 1)
    others = Series("others'", tuple(venue.others for venue in venues), 6)
    labels = tuple(f"{percent(venue.share)} {venue.name}" for venue in venues)
    return Chart("venues", "Our share of what is said, by venue", labels, (ours, others), stacked=True, of="Venue")


PAGES = (Page("/", show), Page("/overview.csv", download))
