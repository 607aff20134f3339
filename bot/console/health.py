"""What machines ask: is it well, and how much is there of everything. Counts come from the records themselves."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.database import Sessions
from bot.models import Mention, OutboxState, Outgoing, Reply, Source

Report = Mapping[str, object]
"""What a part says of itself: `ok`, and whatever explains it."""


def routes(sessions: Sessions, parts: Callable[[], Mapping[str, Report]]) -> list[Route]:
    """Return `/healthz` (200 when every part is well, else 503, with the reason) and `/metrics` (Prometheus)."""
    registry = CollectorRegistry()
    registry.register(Counts(sessions))

    def healthz(_request: Request) -> Response:
        report = {"database": _database(sessions), **parts()}
        well = all(part.get("ok") for part in report.values())
        return JSONResponse({"ok": well, "parts": report}, status_code=200 if well else 503)

    def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")

    return [Route("/healthz", healthz), Route("/metrics", metrics)]


class Counts(Collector):
    """Mentions, replies, sources, waiting messages and jobs by state, counted when asked."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def describe(self) -> Iterator[Metric]:
        """Say nothing beforehand, so that registering does not count."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Count."""
        waiting = select(func.count()).where(Outgoing.state == OutboxState.WAITING)
        with self._sessions() as session:
            for record, name in ((Mention, "mentions"), (Reply, "replies"), (Source, "sources")):
                counted = session.execute(select(record.state, func.count()).group_by(record.state))
                yield _gauge(name, f"{name.capitalize()} by state", counted.all())
            jobs = session.execute(text("select status::text, count(*) from procrastinate_jobs group by status"))
            yield _gauge("jobs", "Jobs by status", [(str(status), int(number)) for status, number in jobs])
            gauge = GaugeMetricFamily("chorus_slack_waiting", "Slack messages that wait to be sent")
            gauge.add_metric([], session.scalars(waiting).one())
            yield gauge


def _gauge(name: str, title: str, counted: Sequence[tuple[str, int]]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(f"chorus_{name}", title, labels=["state"])
    for state, number in counted:
        gauge.add_metric([str(state)], number)
    return gauge


def _database(sessions: Sessions) -> Report:
    try:
        with sessions() as session:
            session.execute(text("select 1"))
    except SQLAlchemyError as error:
        return {"ok": False, "detail": type(error).__name__}
    return {"ok": True}
