"""The facts in the database: added, changed, reviewed and withdrawn by people, in versions, and carried as files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

import orjson
from ruamel.yaml import YAML
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot import audit, queue
from bot.database import advisory_lock
from bot.deps import Deps
from bot.errors import ChorusError, Conflict, NotFound
from bot.fact_reading import FactReading, body_of, read, unspeakable
from bot.models import NO_REVIEWS, Employee, FactPolicy, FactVersion, Json, OwnError
from bot.permissions import Act, require
from guidelines.facts import Fact, FactBase, FactsError

LONGEST_BODY = 64_000
"""A fact with its examples is a page, not a book."""
MOST_REVIEW_DAYS = 3_650


class NotAFact(ChorusError):
    """What was written cannot be used as a fact; `reading` tells which field is wrong, or which example fails."""

    def __init__(self, key: str, reading: FactReading) -> None:
        self.reading = reading
        said = [str(fault) for fault in reading.faults]
        said += [f"{result.reason}." for result in (*reading.harmful, *reading.missed)]
        super().__init__(f"“{key}” was not saved. {' '.join(said)}".strip())


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file: which facts were new or changed, and how many stood there already as they are.

    `review_days` is told where the file changed after how many days a review of a fact is due again.
    """

    changed: tuple[str, ...]
    same: int
    review_days: int | None = None


def read_beside(deps: Deps, key: str, body: Json) -> FactReading:
    """Read what somebody typed as a fact among those in force. Nothing is kept."""
    return read(key, body, _in_force(deps), now=deps.now())


def put(
    deps: Deps,
    key: str,
    body: Json,
    *,
    by: Employee | None,
    expected: int | None = None,
    accept_missed: bool = False,
) -> FactVersion:
    """Put a fact in force, new or in place of the one with its id; its examples run first.

    An example that would correct somebody wrongly is refused. A misstatement that would not be found is accepted with
    `accept_missed`. With `expected`, the version that was looked at (0 for none), somebody else's change in between is
    a `Conflict`. Without a person it was the command line, whose user owns the machine.
    """
    _may(by)
    if not unspeakable(body) and len(orjson.dumps(body)) > LONGEST_BODY:
        raise ChorusError("This is too long for one fact. Say one thing, and keep its examples short.")
    reading = read_beside(deps, key, body)
    if reading.fact is None or reading.harmful or (reading.missed and not accept_missed):
        raise NotAFact(key, reading)
    with deps.sessions.begin() as session:
        taken_over = _begin(session, deps)
        known = current(session, key)
        if expected is not None and expected != (0 if known is None or taken_over else known.version):
            raise Conflict(f"Somebody else changed “{key}” in the meantime. Look at it again, then save yours.")
        written = _write(session, deps, key, body_of(reading.fact), known, by)
    deps.rulebook.refresh()
    return written


def review(deps: Deps, key: str, *, by: Employee | None, owner: str = "") -> FactVersion:
    """Say that a fact still holds: it is reviewed today, and whoever says so owns it, or `owner` does.

    Where it held all along nothing is judged anew, for it says what it said.
    """
    _may(by)
    with deps.sessions.begin() as session:
        _begin(session, deps)
        known = _known(session, key)
        lapsed = not _stood(session, deps, known)
        named = owner.strip() or str(known.body.get("owner") or (by.name if by else ""))
        body = {**known.body, "reviewed_at": deps.now().date().isoformat(), "owner": named}
        written = _write(session, deps, key, body, known, by, kind="fact.reviewed", holds=lapsed)
    deps.rulebook.refresh()
    return written


def withdraw(deps: Deps, key: str, *, by: Employee | None) -> FactVersion:
    """Take a fact out of force. Its versions stay; saving it again brings it back."""
    _may(by)
    with deps.sessions.begin() as session:
        _begin(session, deps)
        known = _known(session, key)
        _retire(known, deps, by)
        _tell(session, deps, "fact.withdrawn", known, by)
        _hold_against(session, key)
    deps.rulebook.refresh()
    return known


def history(session: Session, key: str) -> Sequence[FactVersion]:
    """Return all versions of a fact, newest first."""
    versions = select(FactVersion).where(FactVersion.key == key).order_by(FactVersion.version.desc())
    return session.scalars(versions).all()


def current(session: Session, key: str) -> FactVersion | None:
    """Return the version of a fact that is in force in the database."""
    return session.scalar(select(FactVersion).where(FactVersion.key == key, FactVersion.retired_at.is_(None)))


def import_file(deps: Deps, text: str, *, by: Employee | None) -> Imported:
    """Put all facts of a fact file in force: new ones and changed ones get a version, the others stay as they are.

    Its `policy` is taken over too; a file without one leaves the policy as it is. Raises `ChorusError`, naming each
    line, when anything in the file is wrong; then nothing is changed.
    """
    _may(by)
    try:
        base = FactBase.load(text)
    except FactsError as error:
        raise ChorusError(f"The file was not taken over:\n{error}") from None
    _must_be_kept(base)
    with deps.sessions.begin() as session:
        _begin(session, deps)
        known = {fact.key: fact for fact in _current(session)}
        changed = [
            _write(session, deps, fact.id, body_of(fact), known.get(fact.id), by, holds=False).key
            for fact in base.facts.values()
            if fact.id not in known or known[fact.id].body != body_of(fact)
        ]
        days = _take_policy(session, deps, base.review_days, by)
        if changed or days:
            _hold_against(session, None)
    deps.rulebook.refresh()
    return Imported(tuple(changed), len(base.facts) - len(changed), days)


def export(deps: Deps) -> str:
    """Return the facts in force as a fact file."""
    facts = sorted(_in_force(deps), key=lambda fact: fact.id)
    page = StringIO()
    yaml = YAML()
    yaml.width = 4096
    policy = {"policy": {"review_days": deps.facts.review_days}} if deps.facts and deps.facts.review_days else {}
    yaml.dump({**policy, "facts": [{"id": fact.id, **body_of(fact)} for fact in facts]}, page)
    return page.getvalue()


def set_review_days(deps: Deps, days: int | None, *, by: Employee | None) -> None:
    """Say after how many days without a review a fact corrects nobody; None: none is ever due.

    Raises `ChorusError` for a number that makes no sense.
    """
    _may(by)
    if days is not None and not 1 <= days <= MOST_REVIEW_DAYS:
        raise ChorusError(f"Reviews can be due every 1 to {MOST_REVIEW_DAYS:,} days, or never. Nothing was changed.")
    with deps.sessions.begin() as session:
        _begin(session, deps)
        if _changes_policy(session, deps, days, by):
            _hold_against(session, None)
    deps.rulebook.refresh()


def _in_force(deps: Deps) -> tuple[Fact, ...]:
    return tuple(deps.facts.facts.values()) if deps.facts else ()


def _must_be_kept(base: FactBase) -> None:
    """Refuse what would not come back from the database as it is: one such fact in there is one too many."""
    problems = [
        f"facts:{fact.line} {fact.id!r}: there is {sign} in it (type it again by hand)"
        for fact in base.facts.values()
        if (sign := unspeakable({"id": fact.id, **body_of(fact)}))
    ]
    if problems:
        raise ChorusError("\n".join(("The file was not taken over:", *problems)))


def _may(by: Employee | None) -> None:
    if by is not None:
        require(by, Act.EDIT_GUIDELINES)


def _begin(session: Session, deps: Deps) -> bool:
    """Let one change after the other happen; before the first one, take over what the settings' file says.

    From the first row on, only the database counts: without this, adding one fact would silence all others. Returns
    whether it was the first.
    """
    advisory_lock(session, "facts")
    if session.scalar(select(FactVersion.id).limit(1)) is not None:
        return False
    for fact in _in_force(deps):
        session.add(FactVersion(key=fact.id, body=body_of(fact), created_at=deps.now()))
    # What was decided about our replies was decided about these very facts.
    session.execute(update(OwnError).where(OwnError.fact_version == 0).values(fact_version=1))
    if deps.facts and deps.facts.review_days:
        session.add(FactPolicy(review_days=deps.facts.review_days, at=deps.now()))
    session.flush()
    if taken := len(_in_force(deps)):
        audit.record(session, "fact.adopted", at=deps.now(), actor="system", subject="facts", data={"count": taken})
    return True


def _take_policy(session: Session, deps: Deps, days: int | None, by: Employee | None) -> int | None:
    """Put a file's policy in force; returns it where it is another one than before."""
    return days if days is not None and _changes_policy(session, deps, days, by) else None


def _changes_policy(session: Session, deps: Deps, days: int | None, by: Employee | None) -> bool:
    if (days or NO_REVIEWS) == _review_days(session, deps):
        return False
    session.add(FactPolicy(review_days=days or NO_REVIEWS, at=deps.now(), by_id=by.id if by else None))
    actor = f"employee:{by.id}" if by else "operator"
    kind, data = ("fact.policy", {"review_days": days}) if days else ("fact.policy_ended", {})
    audit.record(session, kind, at=deps.now(), actor=actor, subject="facts", data=data)
    return True


def _review_days(session: Session, deps: Deps) -> int:
    """Return the policy in force: without a row of its own it is what the settings' file says."""
    newest = session.scalar(select(FactPolicy.review_days).order_by(FactPolicy.id.desc()).limit(1))
    if newest is not None:
        return newest
    return (deps.facts.review_days if deps.facts else None) or NO_REVIEWS


def _stood(session: Session, deps: Deps, known: FactVersion) -> bool:
    """Whether a fact corrects people as it is."""
    fact = read(known.key, known.body, (), now=deps.now()).fact
    return fact is not None and fact.stands(deps.now(), _review_days(session, deps) or None)


def _current(session: Session) -> Sequence[FactVersion]:
    return session.scalars(select(FactVersion).where(FactVersion.retired_at.is_(None)).order_by(FactVersion.key)).all()


def _known(session: Session, key: str) -> FactVersion:
    known = current(session, key)
    if known is None:
        raise NotFound(f"There is no fact “{key}” in force.")
    return known


def _write(
    session: Session,
    deps: Deps,
    key: str,
    body: Json,
    known: FactVersion | None,
    by: Employee | None,
    *,
    kind: str = "fact.changed",
    holds: bool = True,
) -> FactVersion:
    """Write the next version of a fact and retire the one before, and ask who says otherwise, we ourselves included."""
    if known is not None:
        _retire(known, deps, by)
        session.flush()
    number = session.scalar(select(func.max(FactVersion.version)).where(FactVersion.key == key)) or 0
    written = FactVersion(
        key=key, body=body, created_at=deps.now(), version=number + 1, created_by_id=by.id if by else None
    )
    session.add(written)
    session.flush()
    _tell(session, deps, kind, written, by)
    if holds:
        _hold_against(session, key)
    return written


def _hold_against(session: Session, key: str | None) -> None:
    """Ask for what we said and what others say to be held against a fact that changed, or against all."""
    queue.look_back(session, key)
    queue.judge_again(session)


def _retire(known: FactVersion, deps: Deps, by: Employee | None) -> None:
    known.retired_at, known.retired_by_id = deps.now(), by.id if by else None


def _tell(session: Session, deps: Deps, kind: str, fact: FactVersion, by: Employee | None) -> None:
    texts: Mapping[str, str] = {
        "statement": str(fact.body.get("statement", "")),
        "fact": orjson.dumps(fact.body, option=orjson.OPT_SORT_KEYS).decode(),
    }
    audit.record(
        session,
        kind,
        at=deps.now(),
        actor=f"employee:{by.id}" if by else "operator",
        subject=f"fact:{fact.key}",
        data={"fact": fact.key, "version": fact.version},
        texts=texts,
    )
