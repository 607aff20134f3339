"""Health: the parts, the sources in trouble, what waits, and what protects the record."""

from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.audit import protection
from bot.console.house import Page, Visit
from bot.models import Account, Notice, OutboxState, Outgoing, Reply, ReplyState, Source, SourceState
from connectors.base import Condition

WAITING = (ReplyState.APPROVED, ReplyState.SENDING, ReplyState.IN_DOUBT, ReplyState.HANDED_OFF)


def show(visit: Visit) -> Response:
    """Show how everything fares."""
    with visit.deps.sessions() as session:
        engine = session.get_bind()
        assert isinstance(engine, Engine)
        return visit.show(
            "health.html",
            title="Health",
            parts=visit.house.reports(),
            sources=session.scalars(
                select(Source).where((Source.state == SourceState.NEEDS_ATTENTION) | (Source.failures > 0)).limit(50)
            ).all(),
            accounts=session.scalars(select(Account).where(Account.condition != Condition.OK)).all(),
            notices=session.scalars(select(Notice).where(Notice.over_at.is_(None)).order_by(Notice.id).limit(50)).all(),
            waiting=_waiting(session),
            jobs=_jobs(session),
            protected=protection(engine),
        )


def _waiting(session: Session) -> list[tuple[str, int]]:
    counted = dict(
        session.execute(select(Reply.state, func.count()).where(Reply.state.in_(WAITING)).group_by(Reply.state)).all()
    )
    messages = session.scalar(select(func.count()).where(Outgoing.state == OutboxState.WAITING)) or 0
    return [
        *((f"Replies {state.value.replace('_', ' ')}", counted.get(state, 0)) for state in WAITING),
        ("Slack messages to be sent", messages),
    ]


def _jobs(session: Session) -> list[tuple[str, int]]:
    rows = session.execute(
        text("select status::text, count(*) from procrastinate_jobs group by status order by status")
    )
    return [(str(status), int(number)) for status, number in rows]


PAGES = (Page("/health", show),)
