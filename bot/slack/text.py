"""Untrusted text, made fit to stand in Slack: cut, cleaned, escaped, in that order."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice

import regex

ELLIPSIS = "…"

_SOON = timedelta(hours=1)
_LONGEST_GRAPHEME = 16
"""Code points kept of one character as people see it; more of them are marks piled up to break a page."""

_GRAPHEME = regex.compile(r"\X")
_LINE_END = regex.compile(r"\r\n?|[\u0085\u2028\u2029\v\f]")
_BLANK_LINES = regex.compile(r"\n\s*\n\s*")
# Joiners stay where they shape letters or hold an emoji together; every other invisible character goes.
_INVISIBLE = regex.compile(
    r"""(?V1)
    (?<=\p{Extended_Pictographic}\N{VARIATION SELECTOR-16}?\p{Emoji_Modifier}?)\u200D(?=\p{Extended_Pictographic})
      (*SKIP)(*FAIL)
    | (?<=[\p{Arabic}\p{Syriac}\p{Devanagari}\p{Bengali}\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}]\p{M}*)
      [\u200C\u200D](?=[\p{L}\p{M}])(*SKIP)(*FAIL)
    | [[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\u2800]--[\n\t\uFE0E\uFE0F]]
    """,
    regex.VERBOSE,
)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


class Markup(str):
    """Slack markup that was made here and is safe to show; plain strings are escaped where markup is built."""

    __slots__ = ()


def plain(text: str, limit: int, *, lines: int | None = None) -> str:
    """Return untrusted text for an element that parses nothing: at most `limit` UTF-16 units and so many lines."""
    return _fit(_shorten(text, limit, lines), limit)


def one_line(text: str, limit: int) -> str:
    """Return untrusted text on one line, short enough to be escaped without growing over the limit."""
    return " ".join(_fit_escaped(plain(text, limit), limit).split())


def escaped(text: str, limit: int, *, lines: int | None = None) -> Markup:
    """Return untrusted text for a mrkdwn element: nothing in it is a mention, a link or a date any more."""
    return Markup("".join(_ENTITIES.get(char, char) for char in _fit_escaped(_shorten(text, limit, lines), limit)))


def revealed(text: str) -> str:
    """Return a text whole, its invisible characters named: what a person confirms must hide nothing."""
    return str(_INVISIBLE.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", _LINE_END.sub("\n", text)))


def units(text: str) -> int:
    """Count as Slack's clients count: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def date(moment: datetime, form: str = "{date_short_pretty} {time}") -> Markup:
    """Return a moment as Slack shows it in each reader's own zone."""
    return Markup(f"<!date^{int(moment.timestamp())}^{form}|{moment:%Y-%m-%d %H:%M} UTC>")


def countdown(moment: datetime, now: datetime) -> Markup:
    """Return a moment to the second; with its day only when it is not soon."""
    soon = moment - now < _SOON
    return date(moment, "{time_secs}" if soon else "{date_short_pretty} {time}")


def person(slack_user: str, name: str) -> Markup:
    """Return a person as Slack shows them, or their name where the user is not known."""
    return Markup(f"<@{slack_user}>") if regex.fullmatch(r"[UW][A-Z0-9]{1,30}", slack_user) else escaped(name, 80)


def link(url: str, label: str) -> Markup:
    """Return a link to a public page, or only its label where the address is not one."""
    shown = escaped(label, 200)
    return Markup(f"<{escaped(url, 2900)}|{shown.replace('|', '¦')}>") if is_web(url) else shown


def is_web(url: str) -> bool:
    """Whether an untrusted address may become a link: http or https, no spaces, nothing that ends Slack's markup."""
    return len(url) <= 2900 and regex.fullmatch(r"https?://[^\s<>|\"\p{C}]+", url) is not None


def _shorten(text: str, limit: int, lines: int | None) -> str:
    # Twice the room, because cleaning takes characters away; far beyond it nothing can be shown anyway.
    head = "".join(islice(_graphemes(text), 2 * limit))
    clean = _INVISIBLE.sub("", _LINE_END.sub("\n", head)).strip()
    clean = str(_BLANK_LINES.sub("\n\n", clean))
    if len(head) < len(text) and len(clean) < limit:
        clean += ELLIPSIS
    kept = clean.split("\n")
    if lines is not None and len(kept) > lines:
        clean = "\n".join(kept[:lines]).rstrip() + ELLIPSIS
    return clean


def _graphemes(text: str) -> Iterator[str]:
    return (match[0][:_LONGEST_GRAPHEME] for match in _GRAPHEME.finditer(text))


def _fit(text: str, limit: int) -> str:
    return _take(text, limit, units)


def _fit_escaped(text: str, limit: int) -> str:
    return _take(text, limit, lambda part: sum(units(_ENTITIES.get(char, char)) for char in part))


def _take(text: str, limit: int, cost: Callable[[str], int]) -> str:
    if cost(text) <= limit:
        return text
    kept, used = [], 1
    for grapheme in _graphemes(text):
        used += cost(grapheme)
        if used > limit:
            break
        kept.append(grapheme)
    return "".join(kept).rstrip() + ELLIPSIS
