"""Real answers of a platform, bent: a value replaced by something hostile, or left out."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["../../x", "<script>alert(1)</script>", "t1_../x", "9" * 400, "\ud800", "[deleted]"]),
    st.just("2026-99-99T00:00:00Z"),
    st.lists(st.none() | st.text(max_size=3), max_size=3),
    st.dictionaries(st.sampled_from(["id", "type", "kind", "data", "children"]), st.none() | st.integers(), max_size=3),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value, the outermost first."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def mutated(value: Any, path: tuple[Any, ...], hostile: Any, removed: bool) -> Any:
    changed = copy.deepcopy(value)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    if removed:
        del inner[path[-1]]
    else:
        inner[path[-1]] = hostile
    return changed
