"""Turning values into pages: templates that escape everything, and the few ways in which values are written."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.console.charts import bar

STATIC = Path(__file__).parent / "static"

_WORDS: Mapping[str, str] = {
    "false_claim": "false claim",
    "needs_attention": "needs attention",
    "pending_remote": "with moderators",
    "in_doubt": "in doubt",
    "handed_off": "by hand",
    "past_reply": "past reply",
    "open": "open",
}


class Pages:
    """Renders the templates of the console."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("bot.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "moment": moment,
            "day": day,
            "span": span,
            "count": count,
            "percent": percent,
            "words": words,
            "upfirst": lambda text: str(text)[:1].upper() + str(text)[1:],
            "link": link,
            "quoted": lambda text: quote(str(text), safe=""),
        }
        self._templates.globals["bar"] = bar
        # A file that changed has another address, so browsers may keep what they have.
        self._templates.globals["static"] = {
            path.name: f"/static/{path.name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
            for path in STATIC.iterdir()
        }

    def render(self, template: str, **values: Any) -> str:
        """Return a page or a piece of one."""
        return self._templates.get_template(template).render(**values)


def moment(at: datetime | None, form: str = "full") -> Markup:
    """Write a moment in UTC; a script then writes it in the reader's zone. `form` is full, date, time or ago."""
    if at is None:
        return Markup("—")
    at = at.astimezone(UTC)
    if form == "date":
        shown = f"{at.day} {at:%b %Y}"
    elif form == "time":
        shown = f"{at:%H:%M:%S} UTC"
    else:
        shown = f"{at.day} {at:%b %Y}, {at:%H:%M} UTC"
    return Markup('<time datetime="{}" data-form="{}">{}</time>').format(at.isoformat(), form, shown)


def day(at: datetime) -> str:
    """Write a day, as a heading."""
    return f"{at:%A}, {at.day} {at:%B %Y}"


def span(length: timedelta | float | None) -> str:
    """Write how long something took, in its two largest units; in one where it is ten of it or more."""
    if length is None:
        return "—"
    seconds = int(length.total_seconds() if isinstance(length, timedelta) else length)
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    parts: list[str] = []
    for name, size in units:
        number, seconds = divmod(seconds, size)
        if number or (name == "s" and not parts):
            parts.append(f"{number} {name}")
        if number >= 10:
            break
    return " ".join(parts[:2])


def count(number: float) -> str:
    """Write a number with its thousands apart."""
    return f"{number:,.0f}".replace(",", "\u202f")


def percent(part: float) -> str:
    """Write a share; a small one is not called none."""
    if 0 < part < 0.01:
        return "< 1\u202f%"
    return f"{part:.0%}".replace("%", "\u202f%")


def words(value: object) -> str:
    """Write a name from the records as words."""
    name = str(value.value if isinstance(value, Enum) else value)
    return _WORDS.get(name, name.replace("_", " "))


def link(address: str, label: str = "", *, cls: str = "") -> Markup:
    """Link to a page out in the world, if it is one: what others gave us may be anything."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return escape(label or address)
    if parts.scheme not in ("http", "https") or not parts.netloc or any(ord(mark) <= 32 for mark in address):
        return escape(label or address)
    return Markup('<a href="{}" class="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a>').format(
        address, cls, label or address
    )
