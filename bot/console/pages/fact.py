"""One fact: written in a form, shown back as it was understood, confirmed, reviewed, withdrawn; and its past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot import corrections, factbook
from bot.console.house import Page, Visit, whole
from bot.console.pages import facts
from bot.errors import ChorusError, NotFound
from bot.fact_reading import LISTS, TEXTS, TYPED, FactReading, Fault, body_of, tidied
from bot.factbook import NotAFact
from bot.models import Employee, FactVersion, Json
from bot.permissions import Act

MOST_VERSIONS = 50


@dataclass(frozen=True, slots=True)
class FactRevision:
    """A version of a fact, by whom."""

    record: FactVersion
    by: str


def show(visit: Visit) -> Response:
    """Show one fact with its form and its past; without an id, the form for a new one."""
    return page(visit, visit.asked("id"))


def check(visit: Visit) -> Response:
    """Say what is understood of what was typed; nothing is kept."""
    return page(visit, visit.field("known"), confirming=True)


def save(visit: Visit) -> Response:
    """Put a fact in force, if it is the very one that was shown back."""
    fields, reading = _read(visit)
    accepts = visit.field("accept") == "yes"
    shown_back = visit.field("confirmed") == _digest(fields)
    if not shown_back or reading.fact is None or reading.harmful or (reading.missed and not accepts):
        return page(visit, visit.field("known"), confirming=True)
    try:
        written = factbook.put(
            visit.deps,
            fields["key"],
            tidied(fields),
            by=visit.person,
            expected=whole(visit.field("version")) or 0,
            accept_missed=accepts,
        )
    except NotAFact:
        return page(visit, visit.field("known"), confirming=True)
    except ChorusError as error:
        return page(visit, visit.field("known"), problem=str(error), confirming=True, status=409)
    said = "Our own replies and the posts on open cards are being held against it."
    return visit.go(f"/fact?id={written.key}", f"“{written.key}” is in force, in version {written.version}. {said}")


def review(visit: Visit) -> Response:
    """Say that it still holds."""
    done = factbook.review(visit.deps, visit.field("known"), by=visit.person)
    return visit.go(f"/fact?id={done.key}", f"“{done.key}” is reviewed today by you.")


def withdraw(visit: Visit) -> Response:
    """Take it out of force, once that was confirmed."""
    key = visit.field("known")
    if visit.field("sure") != "yes":
        return page(visit, key, problem="Tick the box beside the button: then it is withdrawn.", status=422)
    factbook.withdraw(visit.deps, key, by=visit.person)
    return visit.go("/facts", f"“{key}” corrects nobody any more. Its versions stay; saving it again brings it back.")


def page(visit: Visit, key: str, *, problem: str = "", confirming: bool = False, status: int = 200) -> Response:
    """Show a fact's page, with what was typed where something was."""
    base = visit.deps.facts
    fact = base.facts.get(key) if base else None
    with visit.deps.sessions() as session:
        versions = _revisions(session, key) if key else ()
        echoes = corrections.echoes(session, key, before=visit.number("before")) if key else None
    if key and fact is None and not versions:
        raise NotFound(f"There has never been a fact “{key}”.")
    newest = versions[0].record if versions else None
    known = body_of(fact) if fact else newest.body if newest else {}
    fields, reading = _read(visit) if visit.typed else (_fields(key, known), None)
    faulty = bool(reading and (reading.faults or reading.harmful))
    return visit.show(
        "fact.html",
        status=422 if confirming and faulty and status == 200 else status,
        title=f"Fact {key}" if key else "New fact",
        key=key,
        view=facts.view(base, fact, visit.deps.now()) if base and fact else None,
        fields=fields,
        inferred_from=fields.get("statement", "") if reading or known else "",
        version=_version(visit, newest),
        reading=reading if confirming else None,
        confirmed=_digest(fields),
        faults=_by_field(visit, reading),
        versions=versions,
        echoes=echoes,
        problem=problem,
    )


def _read(visit: Visit) -> tuple[dict[str, str], FactReading]:
    """Read the form. A sentence that is new or changed is understood anew; else the typed fields are the person's."""
    fields = {name: visit.field(name) for name in (*TEXTS, *LISTS)}
    fields["key"] = visit.field("known") or visit.field("key")
    anew = visit.field("inferred_from") != fields["statement"]
    if anew:
        fields |= dict.fromkeys(TYPED, "")
    reading = factbook.read_beside(visit.deps, fields["key"], tidied(fields))
    if anew and reading.inferred:
        fields |= reading.inferred
        reading = factbook.read_beside(visit.deps, fields["key"], tidied(fields))
    return fields, reading


def _fields(key: str, body: Json) -> dict[str, str]:
    fields = {name: str(body.get(name, "")) for name in TEXTS}
    for name in LISTS:
        said = body.get(name) or ()
        fields[name] = said if isinstance(said, str) else "\n".join(map(str, said))
    return {**fields, "key": key}


def _digest(fields: Mapping[str, str]) -> str:
    """Return what stands for all that was shown back: whoever saves has seen just this."""
    return sha256(orjson.dumps(dict(fields), option=orjson.OPT_SORT_KEYS)).hexdigest()[:24]


def _version(visit: Visit, newest: FactVersion | None) -> int:
    typed = whole(visit.field("version"))
    current = newest.version if newest and newest.retired_at is None else 0
    return typed if typed is not None else current


def _by_field(visit: Visit, reading: FactReading | None) -> dict[str, list[Fault]]:
    found: dict[str, list[Fault]] = {}
    base, new = visit.deps.facts, visit.field("key")
    if base and new in base.facts and not visit.field("known"):
        found["id"] = [Fault("id", "There is a fact with this id already", "Open it in the list, or choose another id")]
    for fault in reading.faults if reading else ():
        name = fault.field if fault.field in (*TEXTS, *LISTS, "id") else ""
        found.setdefault(name, []).append(fault)
    return found


def _revisions(session: Session, key: str) -> Sequence[FactRevision]:
    records = factbook.history(session, key)[:MOST_VERSIONS]
    ids = {record.created_by_id for record in records if record.created_by_id is not None}
    names = dict(session.execute(select(Employee.id, Employee.name).where(Employee.id.in_(ids))).all())
    return tuple(FactRevision(record, names.get(record.created_by_id or 0, "")) for record in records)


PAGES = (
    Page("/fact", show),
    Page("/fact/check", check, Act.EDIT_GUIDELINES, is_form=True, quiet=True),
    Page("/fact/save", save, Act.EDIT_GUIDELINES, is_form=True),
    Page("/fact/review", review, Act.EDIT_GUIDELINES, is_form=True),
    Page("/fact/withdraw", withdraw, Act.EDIT_GUIDELINES, is_form=True),
)
