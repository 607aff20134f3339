"""What people write on Plaza: how it is counted, whom it names, and the HTML that its readers get."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

import regex  # type: ignore[import-untyped,unused-ignore]

MAX_LENGTH = 500
URL_LENGTH = 23
_SHOWN_OF_URL = 30
_CLOSING = ".,;:!?'\"…»”’*_~"

_PATH = r"(?:[/?#](?:[^\s<>\"()]|\([^\s<>\"()]*\))*)?"
_ENTITY = re.compile(
    rf"(?P<url>(?<![\w@$#])https?://(?:[\w-]+\.)+(?:[^\W\d_]{{2,}})(?::\d+)?{_PATH})"
    r"|(?<![=/\w])@(?P<name>[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*)(?P<host>@[\w.-]*\w(?::\d+)?)?"
    r"|(?<![/\w#])#(?P<tag>\w*[^\W\d]\w*)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Entity:
    """A part of a text that means more than its letters: a url, a name, a tag."""

    kind: str
    shown: str
    start: int
    end: int


def username_of(name: str) -> str:
    """Return the user name that goes with a display name: “Maya Okafor” is @maya_okafor."""
    return re.sub(r"[^a-z0-9]+", "_", name.casefold().removeprefix("@")).strip("_")[:30] or "someone"


def entities(text: str) -> list[Entity]:
    """Find addresses, mentions and hashtags, in order. Punctuation that ends a sentence is not part of an address."""
    found = []
    for match in _ENTITY.finditer(text):
        kind = match.lastgroup if match.lastgroup != "host" else "name"
        end = match.end()
        if kind == "url":
            end = match.start() + len(match[0].rstrip(_CLOSING))
        found.append(Entity(kind or "", match[kind or 0], match.start(), end))
    return found


def counted(text: str) -> int:
    """Count grapheme clusters; any address is 23, a mention counts without its host."""
    pieces, last = [], 0
    for entity in entities(text):
        pieces.append(text[last : entity.start])
        pieces.append(_as_counted(entity, text[entity.start : entity.end]))
        last = entity.end
    pieces.append(text[last:])
    return len(regex.findall(r"\X", "".join(pieces)))


def names_in(text: str) -> list[str]:
    """Return the user names a text addresses, lower case, each once."""
    return list(dict.fromkeys(one.shown.lower() for one in entities(text) if one.kind == "name"))


def tags_in(text: str) -> list[str]:
    """Return the hashtags of a text, lower case, each once."""
    return list(dict.fromkeys(one.shown.lower() for one in entities(text) if one.kind == "tag"))


def addressed(text: str, username: str | None) -> str:
    """Begin an answer with the name of whom it answers, as Mastodon's own page does, unless it names them already."""
    return text if username is None or username in names_in(text) else f"@{username} {text}"


def to_html(text: str, *, base: str, is_known: Callable[[str], bool]) -> str:
    """Write a text as Mastodon does: paragraphs, line breaks, shortened links, mentions of people who exist."""
    paragraphs = [part for part in re.split(r"\n{2,}", text) if part.strip()]
    return "".join(f"<p>{_inline(part, base, is_known)}</p>" for part in paragraphs)


def _inline(text: str, base: str, is_known: Callable[[str], bool]) -> str:
    pieces, last = [], 0
    for entity in entities(text):
        pieces.append(_escaped(text[last : entity.start]))
        pieces.append(_linked(entity, text[entity.start : entity.end], base, is_known))
        last = entity.end
    pieces.append(_escaped(text[last:]))
    return "".join(pieces)


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br />")


def _linked(entity: Entity, written: str, base: str, is_known: Callable[[str], bool]) -> str:
    if entity.kind == "url":
        return _shortened(written)
    shown = html.escape(entity.shown)
    if entity.kind == "tag":
        address = html.escape(f"{base}/tags/{entity.shown.lower()}")
        return f'<a href="{address}" class="mention hashtag" rel="tag">#<span>{shown}</span></a>'
    if not is_known(entity.shown.lower()):
        return _escaped(written)
    address = html.escape(f"{base}/@{entity.shown.lower()}")
    return f'<span class="h-card"><a href="{address}" class="u-url mention">@<span>{shown}</span></a></span>'


def _shortened(url: str) -> str:
    """Show the beginning of an address and keep the whole of it in the text, as Mastodon does."""
    scheme, _, rest = url.partition("://")
    begin, end = rest[:_SHOWN_OF_URL], rest[_SHOWN_OF_URL:]
    css = "ellipsis" if end else ""
    return (
        f'<a href="{html.escape(url)}" target="_blank" rel="nofollow noopener noreferrer">'
        f'<span class="invisible">{html.escape(scheme)}://</span><span class="{css}">{html.escape(begin)}</span>'
        f'<span class="invisible">{html.escape(end)}</span></a>'
    )


def _as_counted(entity: Entity, written: str) -> str:
    if entity.kind == "url":
        return "x" * URL_LENGTH
    return f"@{entity.shown}" if entity.kind == "name" else written
