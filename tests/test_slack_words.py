"""The message catalogues: every language has every text, with the same blanks; no text lacks, and none is left over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.models import MentionKind, Mood, ReplyState, Role, SourceState, StopScope, Urgency
from bot.models.audit import Disposition
from bot.permissions import Act
from bot.slack.amending import CHANGE, FOLLOW_UP, LEAVE
from bot.slack.commands import COMMANDS
from bot.slack.modals import REASONS
from bot.slack.overseeing import DURATIONS
from bot.slack.standing import Standing
from bot.slack.text import units
from bot.slack.words import LANGUAGES, blanks, catalogue, words_for
from connectors.base import Condition, SourceKind
from guidelines.base import Severity

SLACK = Path(__file__).parent.parent / "bot" / "slack"
ENGLISH = catalogue("en")
BUILT = {
    "kind": MentionKind,
    "mood": Mood,
    "urgency": Urgency,
    "status": Standing,
    "finding": Severity,
    "reply_state": ReplyState,
    "role": Role,
    "review": Disposition,
    "following": SourceKind,
}


def asked_for() -> Iterator[str]:
    """Every key that stands whole in the code."""
    for path in SLACK.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.fullmatch(r"[a-z_]+\.[a-z_]+", node.value)
            ):
                yield node.value


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_blanks(language: str) -> None:
    texts = catalogue(language)
    assert texts.keys() == ENGLISH.keys()
    for key, text in texts.items():
        assert blanks(text) == blanks(ENGLISH[key]), key


@pytest.mark.parametrize("language", ["de", "es"])
def test_translations_are_translated(language: str) -> None:
    same = [
        key for key, text in catalogue(language).items() if text == ENGLISH[key] and re.search(r"[a-z]{4} [a-z]", text)
    ]
    assert same == []


def test_texts_built_from_a_value_exist_for_every_value() -> None:
    keys = {f"{prefix}.{member.value}" for prefix, kind in BUILT.items() for member in kind}
    keys |= {f"act.{act.name.lower()}" for act in Act} | {f"command.{name}" for name in COMMANDS}
    keys |= {f"reason.{reason}{end}" for reason in REASONS for end in ("", "_hint")}
    keys |= {f"home.source_{state.value}" for state in SourceState} | {f"stop.lasting_{name}" for name in DURATIONS}
    keys |= {f"review.{each.value}_hint" for each in Disposition}
    keys |= {f"stop.scope_{scope.value}" for scope in StopScope}
    keys |= {f"own_error.{way}{end}" for way in (CHANGE, FOLLOW_UP, LEAVE) for end in ("", "_hint", "_done")}
    keys |= {f"accounts.line_{each.value}" for each in Condition if each is not Condition.OK}
    keys |= {f"forecast.{verdict}" for verdict in ("allow", "hold", "refuse", "ask", "until")}
    assert keys - ENGLISH.keys() == set()


def test_no_text_is_left_that_nobody_asks_for() -> None:
    whole = set(asked_for())
    built = (
        *BUILT,
        "accounts",
        "own_error",
        "act",
        "certainty",
        "command",
        "reason",
        "home",
        "stop",
        "forecast",
        "reply",
    )
    unused = [
        key
        for key in ENGLISH
        if key not in whole
        and key.rpartition(".")[0] not in whole
        and key.split(".")[0] not in (*built, "cancel", "close")
    ]
    assert unused == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_and_buttons_are_as_short_as_slack_asks(language: str) -> None:
    texts = catalogue(language)
    for key, text in texts.items():
        if key.endswith((".title", ".submit")) or ".submit_" in key or key in ("close", "cancel", "handoff.later"):
            assert key == "command.title" or units(text) <= 24, (key, text)
        if key.startswith("button."):
            assert units(text) <= 30, (key, text)
        if key.startswith(("reason.", "reply.start")):
            assert units(text) <= 75, (key, text)


def test_a_locale_leads_to_the_nearest_language() -> None:
    assert words_for("de-AT").language == "de"
    assert words_for("es_MX").language == "es"
    assert words_for("fr-FR").language == "en"


def test_what_fills_a_blank_is_escaped() -> None:
    assert words_for("en").markup("card.note", note="<!channel>") == "*Note:* &lt;!channel&gt;"
