"""Every window is one that Slack takes, in every language, whatever the public or an employee writes into it."""

from dataclasses import replace
from typing import Any

import pytest
from card_views import BLOCKED, BY_STANDING, DRAFT, NOW, POST, REPLY, VIEW, WARNED
from hypothesis import given, settings
from hypothesis import strategies as st
from test_slack_cards import hostile, markup_of

from bot.demo.slack.blockkit import validate_view
from bot.slack import modals, reply_modal
from bot.slack.blocks import Json
from bot.slack.memory import Memory, recall
from bot.slack.reply_modal import LONGEST, Manner
from bot.slack.standing import Standing
from bot.slack.words import LANGUAGES, Words, words_for
from bot.views import Forecast, Identifiable, Preview, ReplyForm
from connectors.base import Identity, Length

ENGLISH = words_for("en")
PREVIEW = Preview(
    typed="Hi Lena, it opens EPUB 3.",
    public="@lena Hi Lena, it opens EPUB 3.",
    length=Length(31, 500),
    findings=(BLOCKED, WARNED),
    skipped=("pack.yml:12 tone: too slow",),
    forecast=Forecast("hold", ("We replied here 5 minutes ago.",), NOW),
    blocked=True,
)
FORM = ReplyForm(
    card=VIEW,
    identities=(
        Identifiable(1, Identity.BRAND, "@harbour (the brand)"),
        Identifiable(2, Identity.EMPLOYEE, "@ana (your own)"),
    ),
    account_id=1,
    draft_id=31,
    preview=PREVIEW,
)
MANNER = Manner(10, may_override=True, look_again=True)


def windows(words: Words) -> dict[str, Json]:
    one = replace(FORM, identities=FORM.identities[:1], preview=replace(PREVIEW, findings=(), public=""))
    by_hand = replace(FORM, card=replace(VIEW, handoff_url="https://x.example/1", handoff_reason="Not summoned."))
    return {
        "reply": reply_modal.render(FORM, Memory(mention=12, draft=31), words, MANNER),
        "reply first": reply_modal.first(one, words, Manner(0)),
        "reply by hand": reply_modal.first(by_hand, words, MANNER),
        "dismiss": modals.dismiss(VIEW, words),
        "thread": modals.thread(VIEW, (POST, replace(POST, is_own=True, approved_by="Ana")) * 40, words),
        "thread empty": modals.thread(VIEW, (), words),
        "details": modals.details(BY_STANDING[Standing.OPEN], words),
        "found": modals.found(7, words),
        "handed off": modals.handed_off(7, "@lena Hi", "https://x.example/1", words),
        "posting": modals.posting(replace(REPLY, undo_until=NOW), NOW, words),
        "posting at once": modals.posting(REPLY, NOW, words),
        "notice": modals.notice(words("error.title"), "<!channel> & so on", words),
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", list(windows(ENGLISH)))
def test_every_window_is_valid_in_every_language(name: str, language: str) -> None:
    assert validate_view(windows(words_for(language))[name]) == []


@given(text=hostile, typed=st.one_of(hostile, st.text(max_size=3_000)), name=hostile)
@settings(max_examples=30, deadline=None)
def test_whatever_is_written_the_windows_stay_valid_and_name_nobody(text: str, typed: str, name: str) -> None:
    card = replace(
        VIEW,
        post=replace(POST, text=text, author=name, handle=name),
        venue=name,
        source=name,
        kind_reason=text,
        drafts=(replace(DRAFT, text=text, origin_text=name, findings=(replace(BLOCKED, why=text, fix=name),) * 4),) * 4,
        duplicates=(replace(POST, text=text),) * 12,
    )
    typed = typed[:LONGEST]
    preview = replace(
        PREVIEW, typed=typed, public=f"@x {typed}", findings=(replace(BLOCKED, why=text, title=name),) * 12
    )
    shown: list[Any] = [
        reply_modal.render(replace(FORM, card=card, preview=preview), Memory(mention=12), ENGLISH, MANNER),
        modals.details(card, ENGLISH),
        modals.dismiss(card, ENGLISH),
        modals.thread(card, (card.post,) * 30, ENGLISH),
        modals.notice("Title", text, ENGLISH),
    ]
    for view in shown:
        assert validate_view(view) == []
        for parsed in markup_of(view["blocks"]):
            assert "<!channel" not in parsed
            assert "<@U012AB3CD" not in parsed


def test_the_preview_hides_nothing_that_would_be_public() -> None:
    sly = replace(PREVIEW, public="pay\u202egnp.exe\u200b now")
    shown = str(reply_modal.looked_at(sly, ENGLISH))
    assert "pay⟨U+202E⟩gnp.exe⟨U+200B⟩ now" in shown


def test_findings_that_block_come_first() -> None:
    shown = str(reply_modal.looked_at(replace(PREVIEW, findings=(WARNED, BLOCKED)), ENGLISH))
    assert shown.index("Must be mended") < shown.index("Please think about")


def test_what_a_window_remembers_comes_back() -> None:
    memory = Memory(mention=3, reply=4, draft=5, account=6, turn=7, seen="abc", hold=True)
    assert recall(memory.dump()) == memory
