"""What a limit would have done: the past under today's limits and under those with the proposed one, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from bot.console.charts import Chart, Series, over_days
from bot.console.house import Page, Visit, whole
from bot.console.pages import limits
from bot.permissions import Act
from bot.throttle import in_force
from bot.throttle.simulation import Judged, Outlook, Simulation, simulate
from guidelines.throttle import Ruling

DAYS = (7, 30, 90)
SHOWN = 50
_STEPS = (0.05, 0.1, 0.2, 0.3, 0.5)
_NAMES = ("≤ 5 %", "5–10 %", "10–20 %", "20–30 %", "30–50 %", "> 50 %")


@dataclass(frozen=True, slots=True)
class Report:
    """A simulation, ready to be shown. `newly` are the replies that only the proposed limits would have stopped."""

    simulation: Simulation
    days: int
    rulings: tuple[tuple[Ruling, int, int], ...]
    by_limit: tuple[tuple[str, int, int], ...]
    per_day: Chart
    shares: Chart
    newly: tuple[Judged, ...]
    freed: int
    became: tuple[tuple[str, int], ...]


def run(visit: Visit) -> Response:
    """Replay the past under the limit that was typed."""
    name = visit.field("known")
    reading = limits.read(visit)
    if reading.limit is None:
        return limits.page(visit, name, status=422)
    days = whole(visit.field("days")) or 30
    days = days if days in DAYS else 30
    now = visit.deps.now()
    with visit.deps.sessions() as session:
        today = in_force(session)
        proposed = limits.laid_over(reading.limit, today)
        found = simulate(session, proposed, today, since=now - timedelta(days=days), until=now)
    return limits.page(visit, name, report=_report(found, days))


def _report(found: Simulation, days: int) -> Report:
    before = {judged.reply_id for judged in found.today.judged}
    after = {judged.reply_id for judged in found.proposed.judged}
    newly = tuple(judged for judged in found.proposed.judged if judged.reply_id not in before)
    became: dict[str, int] = {}
    for judged in newly:
        became[judged.became] = became.get(judged.became, 0) + 1
    return Report(
        simulation=found,
        days=days,
        rulings=tuple(
            (ruling, found.today.rulings.get(ruling, 0), found.proposed.rulings.get(ruling, 0)) for ruling in Ruling
        ),
        by_limit=_by_limit(found),
        per_day=_per_day(found, days),
        shares=_shares(found),
        newly=newly[:SHOWN],
        freed=len(before - after),
        became=tuple(sorted(became.items(), key=lambda each: (-each[1], each[0]))),
    )


def _by_limit(found: Simulation) -> tuple[tuple[str, int, int], ...]:
    names = {*found.today.by_limit, *found.proposed.by_limit}
    rows = ((name, found.today.by_limit.get(name, 0), found.proposed.by_limit.get(name, 0)) for name in names)
    return tuple(sorted(rows, key=lambda row: (-row[2], -row[1], row[0])))


def _per_day(found: Simulation, days: int) -> Chart:
    first = found.since.date()
    dates = [first + timedelta(days=number) for number in range(days + 1)]
    rows = [
        ("under today's limits", [found.today.per_day.get(day, 0) for day in dates]),
        ("under the proposed", [found.proposed.per_day.get(day, 0) for day in dates]),
    ]
    return over_days("per-day", "Replies per day", dates, rows, tones=(6, 1))


def _shares(found: Simulation) -> Chart:
    series = (
        Series("under today's limits", _spread(found.today), 6),
        Series("under the proposed", _spread(found.proposed), 1),
    )
    return Chart("shares", "Threads by our share of their posts", _NAMES, series, of="Our share")


def _spread(outlook: Outlook) -> tuple[float, ...]:
    counts = [0.0] * len(_NAMES)
    for share in outlook.shares.values():
        if share:
            counts[_step(share, _STEPS)] += 1
    return tuple(counts)


def _step(share: float, steps: Sequence[float]) -> int:
    return next((number for number, step in enumerate(steps) if share <= step), len(steps))


PAGES = (Page("/limits/simulate", run, Act.EDIT_LIMITS, is_form=True, quiet=True),)
