"""Erasing a person: what they wrote, what names them, and a certificate that says what was done."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import (
    ColumnElement,
    Update,
    and_,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.audit.checkpoints import Signer
from bot.audit.erasure import THIRD_PARTY, choose, erase
from bot.audit.holds import LOCK, Held, held
from bot.audit.recording import keyed_hash
from bot.audit.retention import changed, empty_posts
from bot.audit.selection import subjects_of
from bot.database import advisory_lock
from bot.errors import Conflict, NotFound
from bot.models.audit import AuditEntry, AuditText
from bot.models.conversation import Mention, PostRecord, Thread
from bot.models.people import Employee
from bot.models.replies import Draft, Reply
from bot.models.rulebook import ProposedExample

MOST = 1_000_000
"""More texts than this about one person are erased by asking again."""
SHORTEST = 3
"""A shorter name stands in too many texts that are about somebody else."""
ERASED = "[erased]"
LEGAL = or_(AuditEntry.kind.startswith("hold."), AuditEntry.kind.startswith("erasure."))
"""What proves that the law was kept is itself kept, as GDPR 17(3)(b) and (e) allow."""
_PROPOSED = (ProposedExample.text, ProposedExample.comment)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was erased, for whom, why and by which entry. The record itself no longer knows the name: it holds a keyed
    hash of it, and only who has this certificate, with the salt, can show that the entry is about this person."""

    number: str
    platform: str
    person: str
    salt: bytes
    basis: str
    at: datetime
    by: str
    posts: int
    texts: int
    kept: int
    held_by: tuple[int, ...]
    entry: int
    hash: bytes

    def text(self) -> str:
        """Say it to the person, or to whoever asks for proof."""
        kept = (
            f"{self.kept} texts are kept under legal hold {', '.join(map(str, self.held_by))}.\n" if self.kept else ""
        )
        return (
            f"Certificate of erasure {self.number}\n"
            f"Person: {self.person} on {self.platform}\n"
            f"Legal basis: {self.basis}\n"
            f"Done: {self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} by {self.by}\n"
            f"Erased: {self.posts} posts and {self.texts} texts of the record.\n"
            f"{kept}"
            f"Entry: {self.entry} {self.hash.hex()}\n"
            f"Keyed hash: {keyed_hash(self.salt, f'{self.platform}:{self.person}')}\n"
            f"Salt: {self.salt.hex()}\n"
        )

    def signed(self, signer: Signer) -> str:
        """Return it as a signed note."""
        return signer.note(self.text())


def erase_person(session: Session, platform: str, person: str, *, basis: str, at: datetime, by: str) -> Certificate:
    """Erase everything about somebody from outside, known by their handle or id on a platform, but what a hold covers.

    `basis` is the legal basis in the words of whoever decided. Raises `NotFound` where nobody of that name is known.
    """
    advisory_lock(session, LOCK)
    them = _known(session, platform, person)
    kept = held(session)
    about = or_(and_(AuditEntry.subject.in_(subjects_of(them.posts)), THIRD_PARTY), them.named_in_text())
    about = and_(about, not_(LEGAL))
    held_back = _count(session, about, kept.entries)
    number, salt = secrets.token_hex(8), secrets.token_bytes(32)
    chosen = choose(session, about, not_(kept.entries), universe=true(), most=MOST)
    posts = _empty_rows(session, them, kept, f"erased:{number}")
    keyed = keyed_hash(salt, f"{platform}:{person}")
    data = {"certificate": number, "person": keyed, "posts": posts, "texts": chosen.texts, "kept": held_back}
    entry = erase(
        session,
        "erasure.person",
        chosen.spans,
        at=at,
        actor=by,
        subject=f"certificate:{number}",
        data=data | {"holds": kept.ids if held_back else ()},
        texts={"basis": basis},
    )
    return Certificate(
        number=number,
        platform=platform,
        person=person,
        salt=salt,
        basis=basis,
        at=at,
        by=by,
        posts=posts,
        texts=chosen.texts,
        kept=held_back,
        held_by=kept.ids if held_back else (),
        entry=entry,
        hash=session.scalars(select(AuditEntry.hash).where(AuditEntry.seq == entry)).one(),
    )


def forget_employee(session: Session, employee_id: int, *, basis: str, at: datetime, by: str) -> None:
    """Take the name of somebody who left out of everything: entries and replies know them by number alone. What they
    wrote for the company stays for as long as the rules of retention say. Raises `Conflict` where a hold covers them.
    """
    advisory_lock(session, LOCK)
    person = session.get(Employee, employee_id, with_for_update=True)
    if person is None:
        raise NotFound(f"There is no employee no. {employee_id}.")
    kept = held(session)
    theirs = select(AuditEntry.seq).where(AuditEntry.actor == f"employee:{employee_id}", kept.entries).limit(1)
    if session.scalar(theirs) is not None:
        raise Conflict(f"A legal hold covers what employee no. {employee_id} did. The name goes when it is lifted.")
    person.name = f"Former employee {employee_id}"
    person.slack_user = f"erased:{employee_id}"
    person.roles = []
    subject = f"employee:{employee_id}"
    erase(session, "erasure.person", {}, at=at, actor=by, subject=subject, data={}, texts={"basis": basis})


@dataclass(frozen=True, slots=True)
class _Known:
    """A person as we know them: their posts, and the names by which texts may mention them."""

    platform: str
    ids: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def posts(self) -> ColumnElement[bool]:
        return and_(PostRecord.platform == self.platform, PostRecord.author_external_id.in_(self.ids))

    @property
    def pattern(self) -> str:
        return rf"(?<!\w)(?:{'|'.join(re.escape(name) for name in self.names)})(?!\w)"

    def named_in_text(self) -> ColumnElement[bool]:
        said = [
            AuditText.words.op("@@")(func.phraseto_tsquery(literal_column("'simple'"), name)) for name in self.names
        ]
        return and_(or_(false(), *said), AuditText.text.regexp_match(self.pattern, flags="i")) if said else false()


def _known(session: Session, platform: str, person: str) -> _Known:
    name = person.removeprefix("@")
    theirs = or_(
        PostRecord.author_handle.in_([name, person, f"@{name}"]), PostRecord.author_external_id.in_([name, person])
    )
    found = session.execute(
        select(PostRecord.author_external_id, PostRecord.author_handle, PostRecord.author_name, PostRecord.author_url)
        .where(PostRecord.platform == platform, PostRecord.is_own.is_(False), theirs)
        .distinct()
    ).all()
    if not found:
        raise NotFound(f"Nobody called {person} is known on {platform}.")
    handles = {row.author_handle.removeprefix("@") for row in found} | {row.author_url for row in found}
    # A first name alone would take texts away that are about somebody else.
    full = {row.author_name for row in found if " " in row.author_name.strip()}
    names = sorted((item for item in handles | full if len(item) >= SHORTEST), key=len, reverse=True)
    return _Known(platform, tuple({row.author_external_id for row in found}), tuple(names))


def _empty_rows(session: Session, them: _Known, kept: Held, token: str) -> int:
    """Take a person out of the working tables; returns how many posts were theirs and were emptied."""
    threads = select(Thread.id).where(Thread.id.in_(select(PostRecord.thread_id).where(them.posts)))
    session.execute(threads.order_by(Thread.id).with_for_update())
    posts = list(session.scalars(select(PostRecord.id).where(them.posts, not_(kept.post(PostRecord.id)))))
    by_them = PostRecord.id.in_(posts)
    changed(session, empty_posts(by_them, kept))
    nameless = {"author_external_id": token}
    changed(
        session,
        [
            update(Reply).where(Reply.parent_post_id.in_(posts)).values(nameless),
            update(PostRecord).where(by_them).values(nameless),
            *(_redacting(them, kept) if them.names else ()),
        ],
    )
    return len(posts)


def _redacting(them: _Known, kept: Held) -> Iterator[Update]:
    """What others and we wrote stays, without the name."""

    def without(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
        return func.regexp_replace(column, them.pattern, ERASED, "gi")

    named = PostRecord.text.regexp_match(them.pattern, flags="i")
    posts = and_(PostRecord.platform == them.platform, named, not_(kept.post(PostRecord.id)))
    yield update(Mention).where(Mention.post_id.in_(select(PostRecord.id).where(posts))).values(reasons={})
    yield update(PostRecord).where(posts).values(text=without(PostRecord.text))
    replies = and_(
        Reply.platform == them.platform, Reply.text.regexp_match(them.pattern, flags="i"), not_(kept.reply())
    )
    yield update(Reply).where(replies).values(text=without(Reply.text), typed=without(Reply.typed))
    drafts = and_(Draft.text.regexp_match(them.pattern, flags="i"), not_(kept.mention(Draft.mention_id)))
    yield update(Draft).where(drafts).values(text=without(Draft.text), verdict={}, forecast={})
    proposed = or_(*(column.regexp_match(them.pattern, flags="i") for column in _PROPOSED))
    yield update(ProposedExample).where(proposed).values({column: without(column) for column in _PROPOSED})


def _count(session: Session, *demanded: ColumnElement[bool]) -> int:
    texts = select(func.count()).select_from(AuditText).join(AuditEntry, AuditEntry.seq == AuditText.seq)
    return session.scalar(texts.where(*demanded)) or 0
