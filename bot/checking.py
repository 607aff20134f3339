"""A text before the guidelines: what the checks are told of the place it would stand in, and what they say."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache

import regex
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bot.deps import Deps
from bot.models import COUNTED, Json, Mention, PostRecord, Reply, Venue
from connectors.base import Identity
from guidelines.base import Candidate, Conflict, FactCheck, Finding, Severity, Verdict, check
from guidelines.checks import hard_sell
from guidelines.facts import FactBase
from guidelines.reading import Reading

RECENT = 50
"""Against so many of our newest replies a text is compared."""

COMMERCIAL = 1.0
"""From this score on a text speaks of buying; a little above it the default pack forbids it."""

BLANK = regex.compile(r"\[[^\[\]\n]{2,120}\](?!\((?:https?://|/)[^\s()])")
"""Something in brackets, but for the words of a Markdown link."""

_NEWEST = (
    select(Reply.typed, Reply.approved_at)
    .where(Reply.state.in_(COUNTED), Reply.mention_id != bindparam("mention"))
    .order_by(Reply.id.desc())
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody confirmed as a reply of ours, and when."""

    text: str
    at: datetime


def verdict(
    session: Session,
    deps: Deps,
    mention: Mention,
    post: PostRecord,
    text: str,
    *,
    identity: Identity,
    recent: Sequence[Said] | None = None,
    trained: bool = True,
    facts: bool = True,
) -> Verdict:
    """Return what the active pack says of a text as an answer to a post; unfilled blanks are findings of our own.

    Who checks several texts for one place reads `recent` once, our newest replies elsewhere; it is read here otherwise.
    `trained=False` leaves the trained model out, and `facts=False` the facts, for words of our own that a person will
    look at again.
    """
    said = newest(session, mention) if recent is None else recent[:RECENT]
    candidate = Candidate(
        text=text,
        platform=post.platform,
        venue=session.get_one(Venue, post.venue_id).name,
        mention=post.text,
        mention_kind=mention.kind.value,
        identity=identity.value,
        language=mention.language,
        company=deps.company,
        recent=tuple(reply.text for reply in said),
        recent_days=tuple((deps.now() - reply.at).days for reply in said),
    )
    found = check(candidate, deps.pack, facts=facts_of(deps) if facts else None, trained=trained)
    return Verdict(found.pack, found.version, found.sha256, (*blanks(text), *found.findings), found.skipped)


def sells(text: str) -> bool:
    """Whether a text has a commercial side, as the limits on our commercial share count it."""
    signs, _ = hard_sell.score(Reading(Candidate(text)))
    return signs >= COMMERCIAL


def blanks(text: str) -> tuple[Finding, ...]:
    """Return a blocking finding for each blank that a template left for a person to fill."""
    return tuple(
        Finding(
            rule="blank",
            severity=Severity.BLOCK,
            title="Fill the blanks",
            why="There is a blank left to fill.",
            fix="Put your own words in place of the brackets.",
            span=blank.span(),
        )
        for blank in BLANK.finditer(text)
    )


def facts_of(deps: Deps) -> FactCheck:
    """Return what finds where our own text contradicts a fact: what we would correct in others we do not post."""
    facts = deps.facts
    today = deps.today
    return lambda text: _conflicts(facts, text, today) if facts is not None else ()


def newest(session: Session, mention: Mention, most: int = RECENT) -> list[Said]:
    """Return the newest of our replies to others than this mention, newest first."""
    return [Said(*row) for row in session.execute(_NEWEST, {"mention": mention.id, "most": most})]


def kept(verdict: Verdict) -> Json:
    """Return a verdict as it is stored with drafts and in the record."""
    return asdict(verdict) | {"blocked": verdict.blocked}


def outline(stored: Json) -> Json:
    """Return a kept verdict for the record's own bytes, which can never be taken away: what was found, and no words."""
    findings = [{name: item[name] for name in ("rule", "severity", "span")} for item in stored.get("findings", [])]
    return {name: value for name, value in stored.items() if name != "findings"} | {"findings": findings}


def wording(stored: Json) -> str:
    """Return what the findings said, which may quote people: for the part of the record that the law can erase."""
    return "\n".join(f"{item['rule']}: {item['why']} {item['fix']}".strip() for item in stored.get("findings", []))


def findings_from(stored: Json) -> tuple[Finding, ...]:
    """Return the findings of a stored verdict."""
    return tuple(
        Finding(
            rule=str(item["rule"]),
            severity=Severity(item["severity"]),
            why=str(item["why"]),
            fix=str(item["fix"]),
            span=tuple(item["span"]) if item["span"] else None,
            title=str(item["title"]),
        )
        for item in stored.get("findings", [])
    )


@lru_cache(maxsize=2048)
def _conflicts(facts: FactBase, text: str, today: datetime) -> tuple[Conflict, ...]:
    # Templates and past replies come again and again.
    return facts.conflicts(text, now=today)
