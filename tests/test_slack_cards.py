"""The card in every state: valid by Slack's rules, no longer than a screen, harmless whatever the public writes."""

import json
from dataclasses import replace
from typing import Any

import pytest
from card_views import BLOCKED, BY_STANDING, DRAFT, NOW, POST, REPLY, VIEW
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.demo.slack.blockkit import validate
from bot.models import MentionState, ReplyState
from bot.slack.blocks import BUDGET, LONGEST_FALLBACK, Message, size
from bot.slack.cards import bare, card
from bot.slack.standing import Standing, standing_of
from bot.slack.words import LANGUAGES, words_for
from bot.views import CardView, Forecast

ENGLISH = words_for("en")

NASTY = [
    "<!channel> <!here> <!everyone> <@U012AB3CD> <#C012AB3CD> <https://evil.example|your bank>",
    "<javascript:alert(1)|click> &lt;!channel&gt; &amp;&amp;",
    "\u202egnp.exe\u202c \u2066hidden\u2069 a\u200bb\u200cc\u200dd\ufeff",
    "x" * 40_000,
    "<" * 40_000,
    "&" * 3_000,
    "a\u0301" * 20_000,
    "z" + "\u0301" * 50_000,
    "👩‍👩‍👧‍👦" * 4_000,
    "🎉",
    "",
    " \n\t\r\n ",
    "\n" * 5_000 + "far below",
    "line\n" * 2_000,
    "<b>bold</b><script>alert(1)</script>",
    "*bold* _it_ ~no~ `code` ```block``` > quote",
    "\x00\x01\x07\x1b[31m",
    "\ud800 lone surrogate \udfff",
    "{0} {name} %s %(x)s {{}}",
    "|>|>|>",
]

hostile = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=400),
    st.text(alphabet="<>&|!@#*_~`:\u202e\u200d\u200b\n 🎉é", max_size=2_000),
    st.builds(lambda part, times: part * times, st.text(min_size=1, max_size=5), st.integers(1, 3_000)),
)


def markup_of(blocks: Any) -> list[str]:
    """Every text that Slack would parse."""
    if isinstance(blocks, dict):
        own = [blocks["text"]] if blocks.get("type") == "mrkdwn" else []
        return own + [text for value in blocks.values() for text in markup_of(value)]
    return [text for value in blocks for text in markup_of(value)] if isinstance(blocks, list | tuple) else []


def check(message: Message) -> None:
    assert validate(list(message.blocks)) == []
    assert size(message.blocks) <= BUDGET
    assert 0 < len(message.text) <= LONGEST_FALLBACK
    assert len(message.blocks) <= 12
    json.dumps([message.text, message.blocks], ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("standing", list(Standing))
def test_every_state_has_a_valid_card_in_every_language(standing: Standing, language: str) -> None:
    view = BY_STANDING[standing]
    assert standing_of(view, NOW) is standing
    check(card(view, NOW, words_for(language)))
    check(bare(view, NOW, words_for(language)))


@given(text=hostile, name=hostile, url=hostile, standing=st.sampled_from(list(Standing)))
@example(text="<" * 5000, name="&" * 500, url="<" * 500, standing=Standing.OPEN)
@settings(max_examples=150, deadline=None)
def test_whatever_the_public_writes_the_card_is_valid_and_names_nobody(
    text: str, name: str, url: str, standing: Standing
) -> None:
    view = BY_STANDING[standing]
    reply = replace(view.reply, text=text, detail=name, url=url) if view.reply else None
    view = replace(
        view,
        post=replace(view.post, text=text, author=name, handle=name, url=url),
        venue=name,
        note=text,
        suspicious=text,
        why_here=text,
        fact=text,
        fact_source=url,
        dismissed_reason=text,
        drafts=(replace(DRAFT, text=text, origin_text=name, findings=(replace(BLOCKED, why=text),)),),
        duplicates=(replace(POST, text=text, author=name),) * 3,
        forecast=Forecast("refuse", (text, name)),
        reply=reply,
    )
    message = card(view, NOW, ENGLISH)
    check(message)
    for parsed in [message.text, *markup_of(message.blocks)]:
        for command in ("<!channel", "<!here", "<!everyone", "<@U012AB3CD", "<#C", "<javascript", "<!subteam"):
            assert command not in parsed
        assert "\u202e" not in parsed
        assert "\u200b" not in parsed


def test_a_post_without_text_says_so() -> None:
    view = replace(VIEW, post=replace(POST, text="\u200b\n "))
    assert "(no text)" in json.dumps(card(view, NOW, ENGLISH).blocks)


def test_only_web_addresses_become_links() -> None:
    view = replace(VIEW, post=replace(POST, url="javascript:alert(1)"))
    shown = card(view, NOW, ENGLISH)
    assert "javascript" not in json.dumps(shown.blocks)
    assert "Open the post" in json.dumps(shown.blocks)


def test_times_are_shown_in_each_readers_own_zone() -> None:
    assert f"<!date^{int(POST.created_at.timestamp())}^" in "".join(markup_of(card(VIEW, NOW, ENGLISH).blocks))


def test_nothing_is_told_by_emoji_or_colour() -> None:
    for view in BY_STANDING.values():
        words = " ".join(markup_of(card(view, NOW, ENGLISH).blocks))
        assert words.isascii() or not any(ord(char) > 0x2600 for char in words)


def actions_of(message: Message) -> set[str]:
    return {
        element["action_id"] for block in message.blocks if block["type"] == "actions" for element in block["elements"]
    }


def test_undo_is_offered_only_while_there_is_time() -> None:
    view = BY_STANDING[Standing.UNDOABLE]
    assert view.reply is not None
    late = replace(view, reply=replace(view.reply, undo_until=NOW))
    assert "reply.undo" in actions_of(card(view, NOW, ENGLISH))
    assert "reply.undo" not in actions_of(card(late, NOW, ENGLISH))


def test_doubt_has_three_answers_once_a_person_is_asked() -> None:
    asked = card(BY_STANDING[Standing.IN_DOUBT], NOW, ENGLISH)
    assert {"doubt.found", "doubt.again", "doubt.drop"} <= actions_of(asked)
    assert not {"doubt.found"} & actions_of(card(BY_STANDING[Standing.CHECKING], NOW, ENGLISH))


def test_a_claim_that_ran_out_is_no_claim() -> None:
    view = replace(BY_STANDING[Standing.CLAIMED], claimed_until=NOW)
    assert "mention.claim" in actions_of(card(view, NOW, ENGLISH))


def test_where_nobody_may_reply_no_reply_is_offered() -> None:
    closed = replace(VIEW, handoff_reason="Comments are closed.")
    by_hand = replace(closed, handoff_url="https://plaza.example/@lena/114")
    assert "reply.open" not in actions_of(card(closed, NOW, ENGLISH))
    assert "Reply by hand" in json.dumps(card(by_hand, NOW, ENGLISH).blocks)


def test_a_hold_tells_when_it_reopens() -> None:
    held = replace(VIEW, forecast=Forecast("hold", ("We replied here 5 minutes ago.",), NOW))
    assert f"On hold until <!date^{int(NOW.timestamp())}" in " ".join(markup_of(card(held, NOW, ENGLISH).blocks))


def test_the_fallback_text_says_who_wrote_what_and_where_it_stands() -> None:
    view = replace(VIEW, state=MentionState.DISMISSED, dismissed_by="Ana", dismissed_reason="Done.")
    text = card(view, NOW, ENGLISH).text
    assert "Lena Vogt" in text
    assert "EPUB" in text
    assert "No reply" in text


def test_a_failed_reply_can_be_tried_again() -> None:
    view = replace(VIEW, reply=replace(REPLY, state=ReplyState.FAILED, detail="Too long."))
    shown = card(view, NOW, ENGLISH)
    assert "reply.open" in actions_of(shown)
    assert "Too long." in shown.text


def test_a_view_is_shown_the_same_twice() -> None:
    view: CardView = BY_STANDING[Standing.POSTED]
    assert card(view, NOW, ENGLISH) == card(view, NOW, ENGLISH)
