"""How long texts are kept, by class; and letting go of what its time has passed for, unless a hold keeps it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, Update, and_, not_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.audit.erasure import CLASSES, choose, erase
from bot.audit.holds import LOCK, Held, held
from bot.audit.recording import record
from bot.database import Sessions, advisory_lock
from bot.errors import NotFound
from bot.models.audit import AuditEntry, AuditRetention
from bot.models.conversation import Mention, PostRecord
from bot.models.replies import COUNTED, Draft, Reply, ReplyState
from bot.models.rulebook import OwnError

THREE_YEARS = 1096
SIX_YEARS = 2192
PRESETS: Mapping[str, Mapping[str, int]] = {
    "three-years": dict.fromkeys(CLASSES, THREE_YEARS),
    "six-years": dict.fromkeys(CLASSES, SIX_YEARS),
    "broker": {"communications": THREE_YEARS, "decisions": SIX_YEARS, "third_party": THREE_YEARS},
}
"""Days by class; `broker` after SEC 17a-4(b) and FINRA 4511: communications three years, other records six."""

BATCH = 20_000
UNDERWAY = (ReplyState.APPROVED, ReplyState.SENDING, ReplyState.IN_DOUBT, ReplyState.PENDING_REMOTE)
assert COUNTED.issuperset(UNDERWAY)


@dataclass(frozen=True, slots=True)
class Applied:
    """What went: texts of the record by class, and rows of the working tables that were emptied."""

    texts: Mapping[str, int]
    rows: int


def choose_preset(session: Session, name: str, *, at: datetime, by: str) -> None:
    """Keep everything for as long as a preset says; raises `NotFound` where there is none of that name."""
    if name not in PRESETS:
        raise NotFound(f"There is no preset {name}. There are: {', '.join(PRESETS)}.")
    keep(session, PRESETS[name], at=at, by=by)


def keep(session: Session, days: Mapping[str, int], *, at: datetime, by: str) -> None:
    """Set for how many days the texts of some classes are kept; a class without a number is kept for ever."""
    for name, number in days.items():
        if name not in CLASSES or number < 1:
            raise NotFound(f"{name} for {number} days cannot be set. The classes are: {', '.join(CLASSES)}.")
        row = {"name": name, "days": number, "set_at": at, "set_by": by}
        session.execute(insert(AuditRetention).values(row).on_conflict_do_update(index_elements=["name"], set_=row))
    record(session, "retention.set", at=at, actor=by, subject="record:all", data={"days": dict(days)})


def rules(session: Session) -> dict[str, int]:
    """Return for how many days each class is kept."""
    return {rule.name: rule.days for rule in session.scalars(select(AuditRetention).order_by(AuditRetention.name))}


def apply(sessions: Sessions, *, at: datetime, batch: int = BATCH) -> Applied:
    """Let go of what its time has passed for, a batch in each transaction; nothing that a hold covers goes."""
    with sessions() as session:
        kept = rules(session)
    gone = dict.fromkeys(kept, 0)
    rows = 0
    for name, days in kept.items():
        while batch_gone := _let_go(sessions, name, days, at=at, batch=batch):
            gone[name] += batch_gone
        rows += _empty_rows(sessions, name, at - timedelta(days=days))
    return Applied(gone, rows)


def _let_go(sessions: Sessions, name: str, days: int, *, at: datetime, batch: int) -> int:
    old = AuditEntry.at < at - timedelta(days=days)
    with sessions.begin() as session:
        advisory_lock(session, LOCK)
        chosen = choose(session, CLASSES[name], not_(held(session).entries), universe=old, most=batch)
        if chosen.texts:
            data = {"class": name, "days": days, "texts": chosen.texts}
            erase(session, "erasure.retention", chosen.spans, at=at, actor="system", subject="record:all", data=data)
    return chosen.texts


def _empty_rows(sessions: Sessions, name: str, before: datetime) -> int:
    """Empty the working tables too: a text that the record let go of must not live on beside it."""
    with sessions.begin() as session:
        advisory_lock(session, LOCK)
        return sum(changed(session, _emptying(name, before, held(session))))


def _emptying(name: str, before: datetime, kept: Held) -> list[Update]:
    if name == "third_party":
        return empty_posts(and_(PostRecord.seen_at < before, PostRecord.is_own.is_(False)), kept)
    if name == "communications":
        over = and_(Reply.approved_at < before, Reply.state.not_in(UNDERWAY), Reply.text != "")
        own = and_(PostRecord.created_at < before, PostRecord.is_own, PostRecord.text != "")
        emptied = select(Reply.id).where(Reply.text == "")
        drafts = and_(Draft.created_at < before, Draft.text != "", not_(kept.mention(Draft.mention_id)))
        return [
            update(Reply).where(over, not_(kept.reply())).values(typed="", text=""),
            update(OwnError).where(OwnError.quote != "", OwnError.reply_id.in_(emptied)).values(quote="", reason=""),
            update(Draft).where(drafts).values(text="", verdict={}, forecast={}),
            update(PostRecord).where(own, not_(kept.post(PostRecord.id))).values(text=""),
        ]
    return []


def empty_posts(which: ColumnElement[bool], kept: Held) -> list[Update]:
    """Return what empties posts of all that others wrote, and their mentions of what quotes it, unless a hold keeps
    them; the last statement is the one that counts posts."""
    there = (PostRecord.text != "") | (PostRecord.author_handle != "")
    posts = and_(which, there, not_(kept.post(PostRecord.id)))
    empty = {"text": "", "author_handle": "", "author_name": "", "author_url": "", "url": ""}
    quoting = {"reasons": {}, "suspicious": "", "bands": []}
    return [
        update(Mention).where(Mention.post_id.in_(select(PostRecord.id).where(posts))).values(**quoting),
        update(PostRecord).where(posts).values(**empty),
    ]


def changed(session: Session, statements: Iterable[Update]) -> list[int]:
    """Carry out statements in their order; returns how many rows each changed."""
    counts = []
    for statement in statements:
        result = session.execute(statement.execution_options(synchronize_session=False))
        assert isinstance(result, CursorResult)
        counts.append(result.rowcount)
    return counts
