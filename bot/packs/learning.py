"""Learning from people: a finding that somebody calls wrong, or one that somebody misses, becomes an example, and
examples become a new version."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit
from bot.checking import facts_of
from bot.deps import Deps
from bot.errors import ChorusError, Conflict, NotFound
from bot.models import Account, Employee, ExampleState, Json, ProposedExample
from bot.packs import past
from bot.permissions import Act, require
from guidelines.base import Candidate, Finding, check
from guidelines.pack import Pack
from guidelines.pack_edit import NewExample, next_version, with_examples
from guidelines.rule import Rule

LONGEST_COMMENT = 1_000
LONGEST_TEXT = 10_000
MOST = 200
"""So many proposals are listed."""
_IN_A_PACK = ("platform", "venue", "mention", "mention_kind", "identity", "language")


@dataclass(frozen=True, slots=True)
class Subject:
    """The text that a doubt is about: a reply or, before there is one, a draft and the account it would stand under."""

    draft_id: int = 0
    reply_id: int = 0
    account_id: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """An example that somebody proposes, with who and when, and whether the pack in force still has its rule."""

    id: int
    rule: str
    text: str
    should_pass: bool
    situation: Json
    comment: str
    proposed_at: datetime
    proposed_by: str
    state: ExampleState
    is_known_rule: bool


def objections(deps: Deps, subject: Subject) -> tuple[str, tuple[Finding, ...]]:
    """Return a text, and what the guidelines in force have against it."""
    candidate = seen(deps, subject)
    return candidate.text, check(candidate, deps.pack, facts=facts_of(deps)).findings


def mendable(deps: Deps) -> tuple[Rule, ...]:
    """Return the rules in force that an example can mend, by their titles; what only asks the facts is mended there."""
    rules = (rule for rule in deps.pack.rules if rule.kinds != ("facts",))
    return tuple(sorted(rules, key=lambda rule: (rule.title or rule.id).lower()))


def silent(deps: Deps, looked: Candidate, pack: Pack | None = None) -> tuple[Rule, ...]:
    """Return those that find nothing in a text; with another pack than the one in force, nothing there."""
    found = _found(deps, looked, pack)
    return tuple(rule for rule in mendable(deps) if rule.id not in found)


def propose_passing(deps: Deps, subject: Subject, rule: str, *, by: Employee, comment: str = "") -> ProposedExample:
    """Say that a rule is wrong about a text of ours: it should pass."""
    looked = seen(deps, subject)
    return propose(deps, rule, looked.text, situation=situation_of(looked), by=by, comment=comment)


def propose_failing(
    deps: Deps, looked: Candidate, rule: str, *, by: Employee, pack: Pack | None = None, comment: str = ""
) -> ProposedExample:
    """Say that a rule should have found something in a text; raises `Conflict` where it does.

    With another pack than the one in force it is that one which misses it, and the example keeps it from coming so.
    """
    if rule in _found(deps, looked, pack):
        raise Conflict(f"The rule “{rule}” finds this text already. If it weighs too little, change the rule.")
    situation = situation_of(looked)
    return propose(deps, rule, looked.text, situation=situation, by=by, should_pass=False, comment=comment)


def seen(deps: Deps, subject: Subject) -> Candidate:
    """Return a text of ours as the guidelines see it; raises `NotFound`."""
    with deps.sessions() as session:
        if subject.reply_id:
            looked = past.reply(session, subject.reply_id, company=deps.company)
        else:
            looked = past.draft(session, subject.draft_id, company=deps.company)
        account = session.get(Account, subject.account_id)
    if looked is None or not looked.text:
        raise NotFound("This text is no longer there.")
    return replace(looked, identity=account.identity.value) if account else looked


def situation_of(looked: Candidate) -> dict[str, str]:
    """Return what a rule saw beside the text, in the form in which it is kept.

    What the post said stays out of it, for it must go when its platform deletes it.
    """
    known = {
        "platform": looked.platform,
        "venue": looked.venue,
        "mention_kind": looked.mention_kind,
        "identity": looked.identity,
        "language": looked.language or "",
    }
    return {name: value for name, value in known.items() if value}


def propose(
    deps: Deps,
    rule: str,
    text: str,
    *,
    situation: Mapping[str, str],
    by: Employee,
    should_pass: bool = True,
    comment: str = "",
) -> ProposedExample:
    """Keep a text that a rule judges wrongly, before the community managers. The same said twice is said once."""
    require(by, Act.DOUBT_FINDINGS)
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise ChorusError(f"An example is a text of at most {LONGEST_TEXT:,} characters.")
    pack = deps.pack
    if not any(known.id == rule for known in pack.rules):
        raise NotFound(f"The guidelines in force have no rule “{rule}”, so there is nothing to mend in it.")
    with deps.sessions.begin() as session:
        waiting = _waiting(session, rule, text, should_pass=should_pass)
        if waiting is not None:
            return waiting
        proposed = ProposedExample(
            rule=rule,
            text=text,
            should_pass=should_pass,
            situation={name: value for name, value in situation.items() if name in _IN_A_PACK},
            pack_sha256=pack.sha256,
            proposed_at=deps.now(),
            proposed_by_id=by.id,
            comment=comment.strip()[:LONGEST_COMMENT],
        )
        session.add(proposed)
        session.flush()
        _tell(session, deps, "example.proposed", proposed, by, {"text": text, "comment": proposed.comment})
        return proposed


def take(deps: Deps, proposal_id: int, *, by: Employee, text: str = "", mention: str = "") -> ProposedExample:
    """Take an example into the next version, as it is or with another text; `mention` is a post of the manager's own
    words that it answers. Nothing is in force by that."""
    require(by, Act.EDIT_GUIDELINES)
    with deps.sessions.begin() as session:
        proposed = _undecided(session, proposal_id)
        proposed.text = text.strip() or proposed.text
        if len(proposed.text) > LONGEST_TEXT:
            raise ChorusError(f"An example is a text of at most {LONGEST_TEXT:,} characters.")
        if mention.strip():
            proposed.situation = proposed.situation | {"mention": mention.strip()[:LONGEST_TEXT]}
        _decide(session, deps, proposed, ExampleState.TAKEN, by)
        return proposed


def decline(deps: Deps, proposal_id: int, *, by: Employee) -> ProposedExample:
    """Decide against an example, or against one that was taken: the rule is right after all."""
    require(by, Act.EDIT_GUIDELINES)
    with deps.sessions.begin() as session:
        proposed = _undecided(session, proposal_id, also=ExampleState.TAKEN)
        _decide(session, deps, proposed, ExampleState.DECLINED, by)
        return proposed


def proposals(deps: Deps, *states: ExampleState) -> list[Proposal]:
    """Return proposals in these states, the undecided where none is named; the newest first."""
    rules = {rule.id for rule in deps.pack.rules}
    chosen = (
        select(ProposedExample, Employee.name)
        .join(Employee, Employee.id == ProposedExample.proposed_by_id)
        .where(ProposedExample.state.in_(states or (ExampleState.PROPOSED,)))
        .order_by(ProposedExample.id.desc())
        .limit(MOST)
    )
    with deps.sessions() as session:
        return [_proposal(found, name, rules) for found, name in session.execute(chosen)]


def learned(deps: Deps) -> str:
    """Return the pack in force with the examples that were taken under their rules, as a version of its own.

    Where none is missing there, its text comes back as it is.
    """
    pack = deps.pack
    taken = reversed(proposals(deps, ExampleState.TAKEN))
    examples = [
        NewExample(each.rule, each.text, each.should_pass, {name: each.situation.get(name, "") for name in _IN_A_PACK})
        for each in taken
    ]
    return with_examples(pack.text, examples, version=next_version(pack.version, deps.now().date()))


def changed_lines(old: str, new: str) -> Iterator[str]:
    """Yield what differs between two texts as a diff, with the lines around it."""
    yield from difflib.unified_diff(old.splitlines(), new.splitlines(), "in force", "proposed", lineterm="", n=2)


def _found(deps: Deps, looked: Candidate, pack: Pack | None) -> set[str]:
    return {finding.rule for finding in check(looked, pack or deps.pack, facts=facts_of(deps)).findings}


def _waiting(session: Session, rule: str, text: str, *, should_pass: bool) -> ProposedExample | None:
    same = select(ProposedExample).where(
        ProposedExample.state == ExampleState.PROPOSED,
        ProposedExample.rule == rule,
        ProposedExample.text == text,
        ProposedExample.should_pass == should_pass,
    )
    return session.scalars(same.limit(1)).first()


def _undecided(session: Session, proposal_id: int, *, also: ExampleState | None = None) -> ProposedExample:
    proposed = session.get(ProposedExample, proposal_id, with_for_update=True)
    if proposed is None:
        raise NotFound(f"There is no proposed example no. {proposal_id}.")
    if proposed.state not in (ExampleState.PROPOSED, also):
        raise Conflict(f"This example was decided already: it is {proposed.state.value}.")
    return proposed


def _decide(session: Session, deps: Deps, proposed: ProposedExample, state: ExampleState, by: Employee) -> None:
    proposed.state = state
    proposed.decided_at, proposed.decided_by_id = deps.now(), by.id
    texts = {"text": proposed.text} if state is ExampleState.TAKEN else {}
    _tell(session, deps, f"example.{state.value}", proposed, by, texts)


def _proposal(found: ProposedExample, name: str, rules: set[str]) -> Proposal:
    return Proposal(
        id=found.id,
        rule=found.rule,
        text=found.text,
        should_pass=found.should_pass,
        situation=found.situation,
        comment=found.comment,
        proposed_at=found.proposed_at,
        proposed_by=name,
        state=found.state,
        is_known_rule=found.rule in rules,
    )


def _tell(
    session: Session, deps: Deps, kind: str, proposed: ProposedExample, by: Employee, texts: Mapping[str, str]
) -> None:
    audit.record(
        session,
        kind,
        at=deps.now(),
        actor=f"employee:{by.id}",
        subject=f"example:{proposed.id}",
        data={"rule": proposed.rule, "should_pass": proposed.should_pass, "sha256": proposed.pack_sha256},
        texts={name: text for name, text in texts.items() if text},
    )
