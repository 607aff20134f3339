"""How large a regular expression grows when its repeats are written out, as compiling does, told before it is tried."""

from typing import Final

import regex

_PART: Final = regex.compile(
    r"""
    (?P<open>\((?:\?(?:[:>|=!]|<[=!]|P?<\w+>|[a-zA-Z0-9-]*:))?)
    |(?P<close>\))
    |\{(?P<least>\d+)(?:,\d*)?\}
    |[*+?{}|]
    |(?P<atom>\\.|\[\^?\]?(?:\\.|[^\]\\])*+\]|.)
    """,
    regex.VERBOSE | regex.DOTALL,
)
_DIGITS: Final = 12
"""More of a number is not read: it is too large by then."""


def written_out(source: str) -> int:
    """Return about how many parts `source` has once `x{3}` stands there as `xxx`; what may come beyond costs nothing.

    A brace counts also where it stands for itself: rather a pattern too many refused than one that eats the machine.
    """
    outer: list[int] = []
    size = last = 0
    for part in _PART.finditer(source):
        if part["open"]:
            outer.append(size)
            size = last = 0
        elif part["close"]:
            inside, before = size, outer.pop() if outer else 0
            last, size = max(inside, 1), before + max(inside, 1)
        elif part["least"]:
            grown = last * max(int(part["least"][:_DIGITS]), 1)
            size, last = size - last + grown, grown
        elif part["atom"]:
            size, last = size + 1, 1
    return size
