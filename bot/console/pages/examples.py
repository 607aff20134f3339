"""Examples that people propose for the rules: what a rule finds wrongly, what it misses, and deciding about either."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.responses import Response

from bot import packs
from bot.console.house import Page, Visit, whole
from bot.errors import ChorusError
from bot.models import ExampleState, MentionKind
from bot.packs.learning import changed_lines
from bot.permissions import Act
from connectors.base import Identity
from guidelines.base import Candidate
from guidelines.pack import Pack
from guidelines.replay import Change

LONGEST = 4_000
LONGEST_DIFF = 400
_SAID = re.compile(r"/replies/(\d+)|/conversations/\d+#draft-(\d+)")


def show(visit: Visit) -> Response:
    """Show the examples that people propose, and those that were taken, with what they change in the pack."""
    return _examples(visit)


def take(visit: Visit) -> Response:
    """Take an example into the next version."""
    number = whole(visit.field("proposal")) or 0
    try:
        taken = packs.take(
            visit.deps, number, by=visit.person, text=visit.field("text"), mention=visit.field("mention")
        )
    except ChorusError as error:
        return _examples(visit, problem=str(error), status=409)
    return visit.go("/guidelines/examples", f"The example is taken for {taken.rule}. Add the next version to use it.")


def decline(visit: Visit) -> Response:
    """Decide against an example."""
    try:
        declined = packs.decline(visit.deps, whole(visit.field("proposal")) or 0, by=visit.person)
    except ChorusError as error:
        return _examples(visit, problem=str(error), status=409)
    return visit.go("/guidelines/examples", f"The rule {declined.rule} stays as it is.")


def missed(visit: Visit) -> Response:
    """Show the form for a text that a rule should have found: one of ours, or one that is typed."""
    return _missed(visit)


def say_missed(visit: Visit) -> Response:
    """Put it before the community managers."""
    try:
        proposed = packs.propose_failing(
            visit.deps,
            _looked_at(visit),
            visit.field("rule"),
            by=visit.person,
            pack=_missing(visit),
            comment=visit.field("comment"),
        )
    except ChorusError as error:
        return _missed(visit, problem=str(error), status=422)
    notice = f"It is proposed as an example that {proposed.rule} must find. A community manager decides about it."
    return visit.go("/guidelines/examples", notice)


def missed_address(change: Change, version_id: int) -> str:
    """Return where one says that a rule should find a text of which a replay tells: the pack in force misses what a
    version blocks, and the version misses what it lets go."""
    found = _SAID.fullmatch(change.key)
    if found is None:
        return ""
    rules = change.appeared if change.is_blocked else change.vanished
    asked = {
        "reply": found[1],
        "draft": found[2],
        "version": None if change.is_blocked else version_id,
        "rule": rules[0].rule if rules else None,
    }
    return f"/guidelines/missed?{urlencode({name: value for name, value in asked.items() if value})}"


def _subject(visit: Visit) -> packs.Subject:
    """Return which text of ours is meant: as the address says or, once the form was sent, as the form does."""
    return packs.Subject(reply_id=_number(visit, "reply"), draft_id=_number(visit, "draft"))


def _number(visit: Visit, name: str) -> int:
    return whole(visit.field(name) if visit.typed else visit.asked(name)) or 0


def _missing(visit: Visit) -> Pack | None:
    """Return the version that misses it, where it is not the pack in force."""
    number = _number(visit, "version")
    return packs.read(packs.text_of(visit.deps, number)) if number else None


def _looked_at(visit: Visit) -> Candidate:
    subject = _subject(visit)
    if subject.reply_id or subject.draft_id:
        return packs.seen(visit.deps, subject)
    return Candidate(
        text=visit.field("text")[:LONGEST],
        platform=visit.field("platform"),
        mention_kind=visit.field("kind") or MentionKind.OTHER.value,
        identity=visit.field("identity") or Identity.BRAND.value,
        company=visit.deps.company,
    )


def _missed(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    subject, pack = _subject(visit), _missing(visit)
    looked = packs.seen(visit.deps, subject) if subject.reply_id or subject.draft_id else None
    return visit.show(
        "guidelines_missed.html",
        status=status,
        title="A rule should have found this",
        looked=looked,
        subject=subject,
        version=_number(visit, "version"),
        rules=packs.silent(visit.deps, looked, pack) if looked else packs.mendable(visit.deps),
        chosen=visit.field("rule") or visit.asked("rule"),
        platforms=sorted(visit.deps.connectors),
        kinds=list(MentionKind),
        identities=list(Identity),
        problem=problem,
    )


def _examples(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    pack = visit.deps.pack
    learned = packs.learned(visit.deps)
    titles: Mapping[str, str] = {rule.id: rule.title for rule in pack.rules}
    return visit.show(
        "guidelines_examples.html",
        status=status,
        title="Proposed examples",
        proposals=packs.proposals(visit.deps),
        taken=packs.proposals(visit.deps, ExampleState.TAKEN),
        is_due=learned != pack.text,
        lines=tuple(changed_lines(pack.text, learned))[:LONGEST_DIFF],
        titles=titles,
        problem=problem,
    )


PAGES = (
    Page("/guidelines/examples", show, Act.DOUBT_FINDINGS),
    Page("/guidelines/examples/take", take, Act.EDIT_GUIDELINES, is_form=True),
    Page("/guidelines/examples/decline", decline, Act.EDIT_GUIDELINES, is_form=True),
    Page("/guidelines/missed", missed, Act.DOUBT_FINDINGS),
    Page("/guidelines/missed/say", say_missed, Act.DOUBT_FINDINGS, is_form=True),
)
