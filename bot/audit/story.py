"""The story of a reply: everything that is recorded about it and its mention, in order and in plain words."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from bot.audit.narration import details, sentence
from bot.audit.selection import Found, fetch
from bot.audit.verifier import Erased
from bot.errors import NotFound
from bot.models.audit import AuditEntry
from bot.models.conversation import Mention, PostRecord
from bot.models.people import Account, Employee
from bot.models.replies import Reply

NEAR = 200
"""How many entries before the first one about a mention its source may have been read."""
SHOWN = 200
"""How many posts of a thread are shown."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: who, what, what it rested on, the exact texts, and which of them were erased by whom."""

    seq: int
    at: datetime
    who: str
    kind: str
    said: str
    details: tuple[str, ...]
    texts: Mapping[str, str]
    erased: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SeenPost:
    """A post of the thread, as we last read it; its text is empty when it was purged."""

    at: datetime
    author: str
    text: str
    is_own: bool
    is_parent: bool


@dataclass(frozen=True, slots=True)
class Story:
    """Everything about one reply."""

    reply_id: int
    state: str
    platform: str
    account: str
    approved_by: str
    approved_at: datetime
    public: str
    url: str
    thread: tuple[SeenPost, ...]
    steps: tuple[Step, ...]


def story(session: Session, reply_id: int) -> Story:
    """Tell everything about a reply; raises `NotFound` where there is none."""
    reply = session.get(Reply, reply_id)
    if reply is None:
        raise NotFound(f"There is no reply no. {reply_id}.")
    found = list(fetch(session, _about(session, reply)))
    names = _names(session, found)
    account = session.get(Account, reply.account_id)
    approver = session.get(Employee, reply.approved_by_id)
    return Story(
        reply_id=reply_id,
        state=reply.state.value,
        platform=reply.platform,
        account=account.handle if account else "",
        approved_by=approver.name if approver else "",
        approved_at=reply.approved_at,
        public=reply.text,
        url=reply.url,
        thread=tuple(_thread(session, reply)),
        steps=tuple(_steps(session, found, names)),
    )


def tell(session: Session, entries: Iterable[Found]) -> tuple[Step, ...]:
    """Put any entries into words, such as those that a search found."""
    found = list(entries)
    return tuple(_steps(session, found, _names(session, found)))


def render(told: Story) -> RenderableType:
    """Return the story for a terminal. All that others wrote is shown as text, never as markup or control codes."""
    head = Text.assemble(
        (f"Reply {told.reply_id}", "bold"),
        f" on {_safe(told.platform)} as {_safe(told.account)}, {told.state}\n",
        f"Approved by {_safe(told.approved_by)}, {told.approved_at:%Y-%m-%d %H:%M:%S} UTC\n",
        _safe(told.url),
    )
    thread = Group(*(_post(post) for post in told.thread)) if told.thread else Text("Nothing is kept of the thread.")
    return Group(
        head,
        Panel(Text(_safe(told.public) or "(erased)"), title="The exact text", title_align="left"),
        Panel(thread, title="The thread as we last read it", title_align="left"),
        *(render_step(step) for step in told.steps),
    )


def _about(session: Session, reply: Reply) -> ColumnElement[bool]:
    mention = f"mention:{reply.mention_id}"
    about = AuditEntry.subject.in_([f"reply:{reply.id}", mention, f"thread:{reply.thread_id}"])
    came_in = _came_in(session, reply.mention_id)
    return about if came_in is None else or_(about, AuditEntry.seq == came_in)


def _came_in(session: Session, mention_id: int) -> int | None:
    """Find the look at a source that brought a mention: among the last ones before anything was said about it."""
    source_id = session.scalar(select(Mention.source_id).where(Mention.id == mention_id))
    first = session.scalar(select(func.min(AuditEntry.seq)).where(AuditEntry.subject == f"mention:{mention_id}"))
    looks = (
        select(AuditEntry.seq, AuditEntry.body)
        .where(AuditEntry.subject == f"source:{source_id}", AuditEntry.kind == "source.read", AuditEntry.seq < first)
        .order_by(AuditEntry.seq.desc())
        .limit(NEAR)
    )
    told = ((seq, orjson.loads(body)["data"]) for seq, body in session.execute(looks))
    return next((seq for seq, data in told if mention_id in data.get("mentions", ())), None)


def _thread(session: Session, reply: Reply) -> Iterator[SeenPost]:
    posts = select(PostRecord).where(PostRecord.thread_id == reply.thread_id)
    for post in session.scalars(posts.order_by(PostRecord.created_at, PostRecord.id).limit(SHOWN)):
        yield SeenPost(post.created_at, post.author_handle, post.text, post.is_own, post.id == reply.parent_post_id)


def _steps(session: Session, found: Iterable[Found], names: Mapping[str, str]) -> Iterator[Step]:
    entries = list(found)
    erasures = _erasures(session) if any(entry.absent for entry in entries) else None
    for entry in entries:
        data = entry.data
        erased = {name: _erased_by(session, erasures, entry.seq, name) for name in entry.absent}
        yield Step(
            seq=entry.seq,
            at=entry.at,
            who=names.get(entry.actor, entry.actor.replace(":", " ")),
            kind=entry.kind,
            said=sentence(entry.kind, data),
            details=tuple(details(entry.kind, data)),
            texts=entry.texts,
            erased=erased,
        )


def _erasures(session: Session) -> Erased:
    entries = session.execute(select(AuditEntry.seq, AuditEntry.body).where(AuditEntry.kind.startswith("erasure.")))
    return Erased((seq, body) for seq, body in entries)


def _erased_by(session: Session, erasures: Erased | None, seq: int, name: str) -> str:
    by = erasures.by(seq, name) if erasures else None
    if by is None:
        return "missing, and nothing in the record says why"
    at, kind = session.execute(select(AuditEntry.at, AuditEntry.kind).where(AuditEntry.seq == by)).one()
    why = {"erasure.person": "at a person's request", "erasure.platform": "because the platform asks for it"}
    return f"erased on {at:%Y-%m-%d %H:%M} UTC {why.get(kind, 'because its time had passed')} (entry {by})"


def _names(session: Session, found: Iterable[Found]) -> dict[str, str]:
    actors = {entry.actor for entry in found}
    ids = [int(actor.removeprefix("employee:")) for actor in actors if actor.startswith("employee:")]
    people = session.execute(select(Employee.id, Employee.name).where(Employee.id.in_(ids)))
    return {"system": "Chorus"} | {f"employee:{number}": name for number, name in people}


def _post(post: SeenPost) -> Text:
    who = "us" if post.is_own else _safe(post.author)
    mark = " ← answered" if post.is_parent else ""
    return Text.assemble(
        (f"{post.at:%Y-%m-%d %H:%M} ", "dim"), (f"{who}{mark}: ", "bold"), _safe(post.text) or "(purged)"
    )


def render_step(step: Step) -> Text:
    """Return one step for a terminal, harmless whatever stands in it."""
    moment = f"{step.at:%Y-%m-%d %H:%M:%S}"
    line = Text.assemble(
        (f"{moment}  ", "dim"), (_safe(step.who), "bold"), f"  {_safe(step.said)}", (f"  #{step.seq}", "dim")
    )
    for detail in step.details:
        line.append(f"\n    {_safe(detail)}", "dim")
    for name, words in step.texts.items():
        if name == "typed" and words == step.texts.get("public"):
            continue
        line.append(f"\n    {_safe(name)}: ", "italic")
        line.append(_safe(words).replace("\n", "\n      "))
    for name, why in step.erased.items():
        line.append(f"\n    {_safe(name)}: ", "italic")
        line.append(why, "dim")
    return line


def _safe(words: str) -> str:
    """Take out what steers a terminal or turns the direction of reading."""
    return "".join(mark for mark in words if mark in "\n\t" or unicodedata.category(mark) not in ("Cc", "Cf"))
