"""Log lines never hold a token, in either style."""

import json
import logging

import pytest

from bot.logs import HIDDEN, JsonFormatter, TextFormatter, hide

TOKENS = (
    "xoxb-1234-abcd",
    "xapp-1-A0-99-ffff",
    "Authorization: Bearer abc.def-123",
    "access_token=abcdef123456",
    '"password": "hunter2hunter2"',
    "postgresql://chorus:s3cret-pass@db/chorus",
    "sk-abcdefgh12345",
)


@pytest.mark.parametrize("line", TOKENS)
def test_what_looks_like_a_token_is_hidden(line: str) -> None:
    hidden = hide(f"it failed with {line} at last")
    assert HIDDEN in hidden
    for secret in ("1234-abcd", "99-ffff", "abc.def", "abcdef123456", "hunter2", "s3cret", "abcdefgh"):
        assert secret not in hidden
    assert hidden.startswith("it failed with")


def test_ordinary_lines_are_left_alone() -> None:
    assert hide("3 mentions from https://plaza.example/@ana were shown") == (
        "3 mentions from https://plaza.example/@ana were shown"
    )


@pytest.mark.parametrize("formatter", [TextFormatter("%(message)s"), JsonFormatter()])
def test_both_styles_hide_tokens_in_messages_and_tracebacks(formatter: logging.Formatter) -> None:
    try:
        raise ValueError("token=supersecretvalue")
    except ValueError as error:
        record = logging.LogRecord("bot", logging.ERROR, "", 0, "with %s", ("xoxb-1-2",), (ValueError, error, None))
    line = formatter.format(record)
    assert "supersecretvalue" not in line
    assert "xoxb-1-2" not in line


def test_a_json_line_is_json() -> None:
    record = logging.LogRecord("bot.intake", logging.WARNING, "", 0, "%s posts", (3,), None)
    line = json.loads(JsonFormatter().format(record))
    assert (line["level"], line["logger"], line["message"]) == ("warning", "bot.intake", "3 posts")
