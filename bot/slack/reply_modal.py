"""The reply modal: drafts to start from, a text to edit, what the guidelines say, and exactly what will be public."""

from dataclasses import dataclass, replace

from bot.slack.blocks import (
    Json,
    Option,
    actions,
    button,
    context,
    divider,
    field,
    modal,
    quote,
    radio,
    section,
    select,
    text_input,
)
from bot.slack.cards import forecast_line, known_fact, post_text, who
from bot.slack.memory import Memory, fingerprint
from bot.slack.modals import finding_line
from bot.slack.text import one_line, revealed
from bot.slack.words import Words
from bot.views import Preview, ReplyForm
from guidelines.base import Severity

CALLBACK = "reply.confirm"
START, IDENTITY, TEXT, OVERRIDE = "start", "identity", "text", "override"
OWN, SILENCE = "own", "silence"

MOST_FINDINGS = 8
LONGEST = 3000

_WEIGHT = {Severity.BLOCK: 0, Severity.WARN: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True)
class Typed:
    """What the modal holds now. `start` is the draft it began with, `own` text, or the choice of silence.

    `override` is a manager's reason for passing the limits.
    """

    start: str
    account_id: int
    text: str
    override: str = ""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the window is for this person: how long they may undo, and whether they may pass limits or doubt findings."""

    undo_seconds: float
    may_override: bool = False
    may_doubt: bool = False
    look_again: bool = False


def first(form: ReplyForm, words: Words, manner: Manner) -> Json:
    """Return the modal as it opens."""
    return render(form, Memory(mention=form.card.mention_id, draft=form.draft_id), words, manner)


def render(form: ReplyForm, memory: Memory, words: Words, manner: Manner) -> Json:
    """Return the modal for a form. Blocks keep their ids from one look to the next, so that Slack keeps the typing.

    Only another turn gives the text field a new id: then its content is replaced.
    """
    way = _way(form, manner)
    memory = replace(
        memory,
        account=form.account_id,
        draft=form.draft_id,
        seen=fingerprint(form.account_id, form.preview.typed),
        hold=way == "scheduled",
        ask=way == "asked",
    )
    blocks: list[Json] = [
        context(words.markup("reply.to", who=who(form.card.post, words), venue=one_line(form.card.venue, 80))),
        quote(post_text(form.card.post, words, limit=500, lines=6)),
        *_by_hand(form, words),
        *known_fact(form.card, words),
        field(START, words("reply.start"), _starts(form, words), live=True),
        *_identity(form, words),
        field(f"{TEXT}.{memory.turn}", words("reply.text"), _editor(form, words), live=True),
        *([section(words.markup("reply.look_again"))] if manner.look_again else []),
        *looked_at(form.preview, words),
        *_doubt(form.preview, words, manner),
        *([] if form.preview.blocked else [_what_happens(form.preview, way, words, manner)]),
        *_override(form.preview, words, manner),
    ]
    return modal(
        CALLBACK,
        words("reply.title"),
        blocks,
        submit=words(f"reply.submit_{way}"),
        close=words("cancel"),
        memory=memory.dump(),
    )


def typed_in(values: Json, memory: Memory) -> Typed:
    """Return what a person has chosen and typed."""
    start = values.get(START, {}).get(START, {}).get("selected_option") or {}
    identity = values.get(IDENTITY, {}).get(IDENTITY, {}).get("selected_option") or {}
    text = next((block[TEXT].get("value") for name, block in values.items() if name == text_block(memory)), "")
    override = values.get(OVERRIDE, {}).get(OVERRIDE, {}).get("value")
    return Typed(
        start=str(start.get("value", OWN)),
        account_id=int(identity.get("value", memory.account)),
        text=text or "",
        override=(override or "").strip(),
    )


def text_block(memory: Memory) -> str:
    """Return the id of the block that holds the text in this turn; refusals are shown beside it."""
    return f"{TEXT}.{memory.turn}"


def looked_at(preview: Preview, words: Words) -> list[Json]:
    """Return the counter, the findings, and exactly what will be public."""
    findings = sorted(preview.findings, key=lambda finding: _WEIGHT[finding.severity])
    shown = [section(finding_line(finding, words)) for finding in findings[:MOST_FINDINGS]]
    if len(findings) > MOST_FINDINGS:
        shown.append(context(words.count("reply.more_findings", len(findings) - MOST_FINDINGS)))
    if preview.skipped:
        shown.append(
            context(words.markup("reply.skipped", rules=one_line("; ".join(map(words.said, preview.skipped)), 500)))
        )
    if not shown:
        shown.append(context(words("reply.clean")))
    return [context(_counter(preview, words)), *shown, divider(), *_public(preview, words)]


def _doubt(preview: Preview, words: Words, manner: Manner) -> list[Json]:
    if not (manner.may_doubt and preview.typed.strip()):
        return []
    missed = button("finding.missed", words("missed.button"), "missed")
    if not preview.findings:
        return [actions("doubt", missed)]
    return [actions("doubt", button("finding.doubt", words("wrong.button"), "doubt"), missed)]


def _counter(preview: Preview, words: Words) -> str:
    length = preview.length
    unit = words.said(length.unit)
    if length.fits:
        return words("reply.length", used=length.used, limit=length.limit, unit=unit)
    return words("reply.too_long", over=length.used - length.limit, limit=length.limit, unit=unit)


def _public(preview: Preview, words: Words) -> list[Json]:
    if not preview.public.strip():
        return [section(words("reply.nothing_yet"))]
    title = "reply.public_blocked" if preview.blocked else "reply.public"
    return [section(words.markup(title)), quote(revealed(preview.public))]


def _way(form: ReplyForm, manner: Manner) -> str:
    """Return what confirming would do: post, schedule, ask a manager, or hand over to the person."""
    if form.preview.forecast.verdict == "ask" and not manner.may_override:
        return "asked"
    if form.card.handoff_url:
        return "by_hand"
    held = form.preview.forecast.verdict == "hold" and form.preview.forecast.reopens_at is not None
    return "scheduled" if held else "posted"


def _what_happens(preview: Preview, way: str, words: Words, manner: Manner) -> Json:
    submit = words(f"reply.submit_{way}")
    told = words(f"reply.next_{way}", seconds=f"{manner.undo_seconds:g}", submit=submit)
    return context(forecast_line(preview.forecast, words), told)


def _override(preview: Preview, words: Words, manner: Manner) -> list[Json]:
    if preview.blocked or preview.forecast.verdict == "allow" or not manner.may_override:
        return []
    reason = text_input(OVERRIDE, longest=300, placeholder=words("reply.override_placeholder"))
    hint = words("reply.override_hint")
    return [field(OVERRIDE, words("reply.override"), reason, hint=hint, optional=True)]


def _starts(form: ReplyForm, words: Words) -> Json:
    options = [
        Option(
            str(draft.id), words("reply.start_draft", origin=words.said(draft.origin_text)), one_line(draft.text, 75)
        )
        for draft in form.card.drafts[:7]
    ]
    options.append(Option(OWN, words("reply.start_own"), words("reply.start_own_hint")))
    options.append(Option(SILENCE, words("reply.start_silence"), words("reply.start_silence_hint")))
    chosen = str(form.draft_id) if any(option.value == str(form.draft_id) for option in options) else OWN
    return radio(START, options, chosen)


def _identity(form: ReplyForm, words: Words) -> list[Json]:
    if len(form.identities) == 1:
        only = form.identities[0]
        return [context(words.markup("reply.as", account=one_line(only.label, 100)))]
    options = [Option(str(known.account_id), known.label) for known in form.identities[:100]]
    return [field(IDENTITY, words("reply.identity"), select(IDENTITY, options, str(form.account_id)), live=True)]


def _by_hand(form: ReplyForm, words: Words) -> list[Json]:
    if not form.card.handoff_url:
        return []
    return [section(words.markup("card.by_hand", reason=one_line(words.said(form.card.handoff_reason), 300)))]


def _editor(form: ReplyForm, words: Words) -> Json:
    return text_input(
        TEXT,
        value=form.preview.typed[:LONGEST],
        placeholder=words("reply.placeholder"),
        multiline=True,
        longest=LONGEST,
        live=True,
        focus=True,
    )
