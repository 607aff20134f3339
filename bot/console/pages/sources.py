"""Sources and accounts: what we follow and whom we speak as, how they fare, and what a new source would bring."""

from collections.abc import Sequence

from sqlalchemy import case, func, select
from starlette.responses import Response

from bot import sources
from bot.console.house import Page, Visit, whole
from bot.errors import ChorusError
from bot.models import Account, Mention, Source, SourceState
from bot.permissions import Act
from connectors.base import ConnectorError, Followed, SourceKind
from connectors.base import Page as Posts

LONGEST = 300
SHORTEST_PAUSE = 1
LONGEST_PAUSE = 86_400
MOST_SOURCES = 500


def show(visit: Visit) -> Response:
    """Show accounts and sources."""
    return _page(visit)


def change(visit: Visit) -> Response:
    """Pause a source, or read it again."""
    number = whole(visit.field("source")) or 0
    state = SourceState.PAUSED if visit.field("state") == SourceState.PAUSED.value else SourceState.ACTIVE
    source = sources.set_state(visit.deps, number, state, actor=_actor(visit))
    said = "is paused: nothing comes in from it" if state is SourceState.PAUSED else "is read again"
    return visit.go("/sources", f"“{source.name}” {said}.")


def look(visit: Visit) -> Response:
    """Show what a source would bring in, without keeping any of it."""
    try:
        account, followed, _ = _wish(visit)
        return _page(visit, posts=sources.look(visit.deps, account, followed))
    except ConnectorError as error:
        return _page(visit, problem=f"The platform refused: {error.detail}", status=502)
    except ChorusError as error:
        return _page(visit, problem=str(error), status=422)


def add(visit: Visit) -> Response:
    """Follow something new."""
    name, channel = visit.field("name")[:LONGEST], visit.field("channel")[:LONGEST]
    try:
        account, followed, pause = _wish(visit)
        if not name or not channel:
            raise ChorusError("A source needs a name for people, and the id of the Slack channel for its cards.")
        sources.add(visit.deps, account, name, followed, channel=channel, poll_seconds=pause, actor=_actor(visit))
    except ChorusError as error:
        return _page(visit, problem=str(error), status=422)
    return visit.go("/sources", f"“{name}” is followed from now on.")


def _wish(visit: Visit) -> tuple[int, Followed, int]:
    kind, pause = visit.field("kind"), whole(visit.field("pause", "60"))
    if kind not in {member.value for member in SourceKind}:
        raise ChorusError("Choose what to follow.")
    if pause is None or not SHORTEST_PAUSE <= pause <= LONGEST_PAUSE:
        raise ChorusError("The pause between two looks must be a number of seconds from 1 to 86400.")
    return whole(visit.field("account")) or 0, Followed(SourceKind(kind), visit.field("query")[:LONGEST]), pause


def _page(visit: Visit, *, posts: Posts | None = None, problem: str = "", status: int = 200) -> Response:
    with visit.deps.sessions() as session:
        accounts = session.scalars(select(Account).order_by(Account.id)).all()
        troubled = case((Source.state == SourceState.NEEDS_ATTENTION, 0), (Source.failures > 0, 1), else_=2)
        found = session.scalars(select(Source).order_by(troubled, Source.name).limit(MOST_SOURCES)).all()
        brought = dict(
            session.execute(select(Mention.source_id, func.count()).group_by(Mention.source_id)).all(),
        )
    return visit.show(
        "sources.html",
        status=status,
        title="Sources",
        accounts=accounts,
        handles=_handles(accounts),
        sources=found,
        brought=brought,
        kinds=list(SourceKind),
        posts=posts,
        problem=problem,
    )


def _handles(accounts: Sequence[Account]) -> dict[int, str]:
    return {account.id: f"{account.handle} on {account.platform}" for account in accounts}


def _actor(visit: Visit) -> str:
    return f"employee:{visit.person.id}"


PAGES = (
    Page("/sources", show),
    Page("/sources/state", change, Act.EDIT_SOURCES, is_form=True),
    Page("/sources/look", look, Act.EDIT_SOURCES, is_form=True, quiet=True),
    Page("/sources/add", add, Act.EDIT_SOURCES, is_form=True),
)
