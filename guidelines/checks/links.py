"""Links in a text: which hosts they lead to, which are allowed, and which hide where they lead."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from guidelines.checks.contract import Check, Hit, Kind, OptionError, Options
from guidelines.checks.lexicon import word_sets
from guidelines.reading import Reading, Span

SHORTENERS: Final = word_sets()["link shorteners"]
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_PATH: Final = r"/[^\s<>\"')\]]{0,2000}"
_ENDINGS: Final = (
    "com org net edu gov biz info name mobi io co app dev ai ly gl gd cc gg tv to me eu uk us ca au nz ie fr de ch it "
    "es nl dk fi se pt gr cz sk hu ro bg hr ua ru kz cn hk tw jp kr th vn sg ph pk br ar cl mx ke ng za il tr ir ws pw "
    "tk gq xyz top club online site website space store shop link page icu vip click cyou cfd sbs buzz bid xxx bet "
    "casino tech agency email network systems digital example"
)
"""The endings of hosts that count by themselves; others, words and the endings of files, count before a path."""
_LINK: Final = re.compile(
    r"(?:https?://|www\.)[^\s<>\"')\]]{2,2000}"
    rf"|(?<![\w@])(?<!\w[.-])(?:{_LABEL}\.){{1,12}}"
    rf"(?:(?:{'|'.join(_ENDINGS.split())}|xn--[a-z0-9-]{{2,59}})\b(?![\w@-]|\.\w)(?:{_PATH})?|[a-z]{{2,24}}{_PATH})"
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link and the host that it names, in lower case and without `www.`."""

    span: Span
    host: str


class LinkOptions(Options):
    """`allow`: only these hosts; `deny`: none of these; `shorteners: false`: none that hide where they lead."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    shorteners: bool = True


def links_of(reading: Reading) -> list[Link]:
    """Return the links of a text, bare domains included."""
    return [Link(match.span(), _host(match[0])) for match in _LINK.finditer(reading.lower)]


def _host(link: str) -> str:
    host = re.split(r"[/?#]", re.sub(r"^https?://", "", link), maxsplit=1)[0]
    host = host.rsplit("@", 1)[-1].split(":")[0].rstrip(".,;!")
    return host.removeprefix("www.")


def _under(host: str, domains: tuple[str, ...]) -> bool:
    return any(host == domain.lower() or host.endswith("." + domain.lower()) for domain in domains)


def _objection(host: str, options: LinkOptions) -> str:
    if options.deny and _under(host, options.deny):
        return f"Links to {host} are not allowed."
    if not options.shorteners and host in SHORTENERS:
        return f"{host} hides where the link leads."
    if options.allow and not _under(host, options.allow):
        return f"{host} is not on the list of allowed sites."
    return ""


def _build(options: LinkOptions, _lists: object) -> Check:
    if not options.allow and not options.deny and options.shorteners:
        raise OptionError("nothing is asked of links: give `allow`, `deny` or `shorteners: false`")

    def check(reading: Reading) -> Iterator[Hit]:
        for link in links_of(reading):
            if objection := _objection(link.host, options):
                yield Hit(link.span, objection)

    return check


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (Kind("links", LinkOptions, _build, "links only to allowed hosts, none that hide where they lead"),)
