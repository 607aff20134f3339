"""Text as platforms send it: HTML to what a reader sees, addresses to click, and whether two texts are one."""

import re
import unicodedata
from collections.abc import Mapping
from html.parser import HTMLParser
from urllib.parse import urlsplit

import regex  # type: ignore[import-untyped,unused-ignore]

LONGEST = 50_000
"""Beyond this a post is cut: no reader reads it, and a hostile server could send gigabytes."""

LONGEST_LINE = 200
"""Beyond this a name or a title is cut."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\ufeff]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SILENT = frozenset({"script", "style", "template"})
_PARAGRAPHS = frozenset({"p", "blockquote", "pre", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"})
_LINES = frozenset({"div", "tr"})
_NO_TAG = re.compile(r"<(?!/?[a-zA-Z][^<>]*>)")
_NAME = r"(?<![=/\w])@[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*"
_HOST = r"@[\w.-]*\w(?::\d+)?"
_MENTION = re.compile(rf"({_NAME}){_HOST}", re.IGNORECASE)
_NOT_WRITING = regex.compile(r"[^\p{L}\p{N}\p{S}]+")


def clean(text: str) -> str:
    """Return `text` without what cannot be stored or would deceive the reader: NUL, lone surrogates, bidi overrides."""
    return _LONE_SURROGATE.sub("\ufffd", _UNPRINTABLE.sub("", text))


def one_line(text: str) -> str:
    """Return a name or a title as one short line."""
    return " ".join(clean(text[: 10 * LONGEST_LINE]).split())[:LONGEST_LINE]


def web_address(url: object) -> str:
    """Return `url` when it is an http(s) address a person may click, else nothing."""
    if not isinstance(url, str) or len(url) > 2_000 or clean(url) != url or any(mark in url for mark in " \n\t<>\"'"):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc and "@" not in parts.netloc else ""


def plain(html: str, handles: Mapping[str, str] | None = None) -> str:
    """Return the text a reader sees. Links become their full address; `handles` (address → handle) names mentions.

    Safe for any input: what is not understood is kept as text, and no element is ever passed on.
    """
    reader = _Reader(handles or {})
    reader.feed(_tamed(html[: 4 * LONGEST]))
    reader.close()
    return reader.text()


def same(one: str, other: str) -> bool:
    """Whether two texts say the same: platforms rewrite blanks, links, quotation marks and mentions, never letters."""
    letters = _letters(one)
    return letters == _letters(other) if letters else one.split() == other.split()


def _tamed(html: str) -> str:
    """Take out comments, and make text of what only looks like a tag.

    html.parser needs quadratic time for either when left unclosed: 100 kB from a hostile server would cost minutes.
    """
    first, *others = html.split("<!--")
    shown = first + "".join(one.partition("-->")[2] for one in others)
    return _NO_TAG.sub("&lt;", shown)


def _letters(text: str) -> str:
    letters: str = _NOT_WRITING.sub("", _MENTION.sub(r"\1", unicodedata.normalize("NFKC", text)))
    return letters.casefold()


class _Reader(HTMLParser):
    """Collects what is visible."""

    def __init__(self, handles: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self._handles = handles
        self._pieces: list[str] = []
        self._hidden: list[str] = []
        self._link: tuple[str, bool, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden or tag in _SILENT:
            if tag in _SILENT:
                self._hidden.append(tag)
            return
        self._break(tag)
        values = {name: value or "" for name, value in attrs}
        if tag == "img" and {"emoji", "wp-smiley"} & set(values.get("class", "").split()):
            self._pieces.append(values.get("alt", ""))
        if tag == "a":
            self._close_link()
            is_tag = bool({"mention", "hashtag"} & set(values.get("class", "").split()))
            self._link = (values.get("href", ""), is_tag, len(self._pieces))

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag == self._hidden[-1]:
                self._hidden.pop()
            return
        if tag == "a":
            self._close_link()
        elif tag not in ("br", "li"):
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._pieces.append(data)

    def text(self) -> str:
        self._close_link()
        lines = (re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in "".join(self._pieces).splitlines())
        joined = clean(re.sub(r"\n{3,}", "\n\n", "\n".join(lines))).strip()
        return joined if len(joined) <= LONGEST else joined[: LONGEST - 1] + "…"

    def _break(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self._pieces.append("\n\n")
        elif tag == "br" or tag in _LINES:
            self._pieces.append("\n")
        elif tag == "li":
            self._pieces.append("\n- ")

    def _close_link(self) -> None:
        if self._link is None:
            return
        href, is_tag, start = self._link
        self._link = None
        shown = "".join(self._pieces[start:])
        self._pieces[start:] = [self._shown_link(shown, href, is_tag)]

    def _shown_link(self, shown: str, href: str, is_tag: bool) -> str:
        """A link says where it leads, so that nobody is led elsewhere by its words."""
        if shown.startswith("@") and href in self._handles:
            return f"@{self._handles[href]}"
        address = web_address(href)
        if is_tag or not address or shown.strip() == address:
            return shown
        bare = shown.strip().rstrip("…").removeprefix("https://").removeprefix("http://")
        if not bare or bare in address:
            return address
        return f"{shown.rstrip()} ({address})"
