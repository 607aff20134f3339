"""Guidelines: the pack in force, how its rules do on their own examples, and what it makes of a text."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from starlette.responses import Response

from bot import packs
from bot.checking import facts_of
from bot.console.house import Page, Visit
from bot.deps import Deps
from bot.models import MentionKind
from connectors.base import Identity
from guidelines.base import Candidate, Finding
from guidelines.explain import Explanation, explain
from guidelines.facts import Claim
from guidelines.testing import RuleResult

LONGEST = 4_000
VERSIONS = 20


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, and how grave the gravest finding on it is, if there is one."""

    text: str
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """What the pack and the facts make of a text."""

    explanation: Explanation
    pieces: tuple[Piece, ...]
    claims: tuple[Claim, ...]


def show(visit: Visit) -> Response:
    """Show the pack in force."""
    return _page(visit)


def explain_text(visit: Visit) -> Response:
    """Say what the rules make of a text; nothing is kept of it."""
    text = visit.field("text")[:LONGEST]
    candidate = Candidate(
        text=text,
        platform=visit.field("platform"),
        venue=visit.field("venue"),
        mention=visit.field("mention")[:LONGEST],
        mention_kind=visit.field("kind") or MentionKind.OTHER.value,
        identity=visit.field("identity") or Identity.BRAND.value,
        company=visit.deps.company,
    )
    facts = facts_of(visit.deps) if visit.deps.facts else None
    found = explain(candidate, visit.deps.pack, facts=facts)
    explained = Explained(found, tuple(pieces(text, found.verdict.findings)), _claims(visit.deps, text))
    return _page(visit, explained if text else None)


def pieces(text: str, findings: tuple[Finding, ...]) -> Iterator[Piece]:
    """Cut a text where findings begin and end; where several overlap, the first, which is the gravest, counts."""
    spans = [(finding.span, finding.severity.value) for finding in findings if finding.span]
    edges = sorted({0, len(text), *(edge for span, _ in spans for edge in span if 0 <= edge <= len(text))})
    for start, end in pairwise(edges):
        gravest = next((severity for span, severity in spans if span[0] <= start and end <= span[1]), "")
        yield Piece(text[start:end], gravest)


def _claims(deps: Deps, text: str) -> tuple[Claim, ...]:
    return tuple(deps.facts.check_all(text, now=deps.now())) if deps.facts and text else ()


def _page(visit: Visit, explained: Explained | None = None) -> Response:
    pack = visit.deps.pack
    report = packs.tested(pack)
    by_rule: dict[str, RuleResult] = {result.rule: result for result in report.rules}
    return visit.show(
        "guidelines.html",
        title="Guidelines",
        pack=pack,
        versions=packs.versions(visit.deps)[:VERSIONS],
        waiting=len(packs.proposals(visit.deps)),
        report=report,
        by_rule=by_rule,
        examples=sum(len(result.outcomes) for result in report.rules),
        wrong=sum(not outcome.right for result in report.rules for outcome in result.outcomes),
        explained=explained,
        kinds=list(MentionKind),
        identities=list(Identity),
        platforms=sorted(visit.deps.connectors),
    )


PAGES = (Page("/guidelines", show), Page("/guidelines/explain", explain_text, is_form=True, quiet=True))
