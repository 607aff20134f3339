"""What can only be seen in the whole: counts, ids that appear twice, what is allowed once."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from bot.demo.slack.blockkit.blocks import BLOCKS, SURFACES
from bot.demo.slack.blockkit.objects import plain
from bot.demo.slack.blockkit.problems import Problem, array, boolean, choice, failed, items, record, string, typed
from bot.demo.slack.errors import Json

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MOST_OF_A_KIND = {"table": 1, "data_visualization": 2}
MARKDOWN_TOGETHER = 12_000


def check_blocks(blocks: Any, at: str, surface: str) -> Iterator[Problem]:
    """Everything about a list of blocks on one surface."""
    yield from array(typed(BLOCKS), least=1, most=MOST_BLOCKS[surface])(blocks, at)
    if not isinstance(blocks, list):
        return
    yield from _misplaced(blocks, at, surface)
    yield from _repeated(blocks, at)
    yield from _too_many_of_a_kind(blocks, at)
    yield from _files_outside_modals(blocks, at, surface)
    yield from _focused_twice(blocks, at)


def check_view(view: Any, at: str, surface: str | None) -> Iterator[Problem]:
    """Everything about a modal or a Home."""
    kinds = (surface,) if surface else ("modal", "home")
    if not isinstance(view, dict) or view.get("type") not in kinds:
        yield failed(f"{at}/type", f"must be one of: {', '.join(kinds)}", "enum", list(kinds))
        return
    kind = view["type"]
    yield from (_MODAL if kind == "modal" else _HOME)(view, at)
    if view.get("blocks") is not None:
        yield from check_blocks(view["blocks"], f"{at}/blocks", kind)
    if kind == "modal" and not view.get("submit") and any(_is_a(each, "input") for each in items(view.get("blocks"))):
        yield Problem("missing_field", "missing required field: submit", at, field="submit")


def walk(blocks: list[Any], at: str) -> Iterator[tuple[Json, str]]:
    """Every block, those in containers and carousels included, with its pointer."""
    for index, each in enumerate(blocks):
        if not isinstance(each, dict):
            continue
        here = f"{at}/{index}"
        yield each, here
        yield from walk(items(each.get("child_blocks")), f"{here}/child_blocks")
        if each.get("type") == "carousel":
            yield from walk(items(each.get("elements")), f"{here}/elements")


def text_length(blocks: list[Json]) -> int:
    """The characters of text in all blocks together, which Slack limits without saying so."""
    return sum(_characters(each) for each in blocks)


def _misplaced(blocks: list[Any], at: str, surface: str) -> Iterator[Problem]:
    outer = "none"
    for each, here in walk(blocks, at):
        kind = each.get("type")
        if isinstance(kind, str) and kind in BLOCKS.keys() - SURFACES[surface] and not here.startswith(f"{outer}/"):
            outer = here
            message = f"unsupported type: {kind} is not available in a {surface}"
            constraint = {"type": "enum", "expected": sorted(SURFACES[surface])}
            yield Problem("unsupported_type", message, f"{here}/type", constraint=constraint)


def _repeated(blocks: list[Any], at: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for each, here in walk(blocks, at):
        key = each.get("block_id")
        if isinstance(key, str) and key in seen:
            yield failed(f"{here}/block_id", f"block_id {key!r} already exists", "unique", "block_id")
        if isinstance(key, str):
            seen.add(key)
        yield from _repeated_actions(each, here)


def _repeated_actions(block: Json, at: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for key in ("elements", "actions"):
        for index, each in enumerate(items(block.get(key))):
            action = each.get("action_id") if isinstance(each, dict) else None
            if isinstance(action, str) and action in seen:
                where = f"{at}/{key}/{index}/action_id"
                yield failed(where, f"action_id {action!r} already exists", "unique", "action_id")
            if isinstance(action, str):
                seen.add(action)


def _too_many_of_a_kind(blocks: list[Any], at: str) -> Iterator[Problem]:
    counts: Counter[Any] = Counter()
    markdown = 0
    for each, here in walk(blocks, at):
        kind = each.get("type")
        if not isinstance(kind, str):
            continue
        counts[kind] += 1
        if counts[kind] > MOST_OF_A_KIND.get(kind, counts[kind]):
            yield failed(here, f"no more than {MOST_OF_A_KIND[kind]} {kind} allowed", "max_items", MOST_OF_A_KIND[kind])
        if kind == "markdown" and isinstance(each.get("text"), str):
            markdown += len(each["text"])
            if markdown > MARKDOWN_TOGETHER >= len(each["text"]):
                yield failed(f"{here}/text", "all markdown together must be less than 12001 characters", "max_length")


def _files_outside_modals(blocks: list[Any], at: str, surface: str) -> Iterator[Problem]:
    for each, here in walk(blocks, at):
        if surface != "modal" and _is_a(each.get("element"), "file_input"):
            yield Problem("unsupported_type", "unsupported type: file_input", f"{here}/element/type")


def _focused_twice(blocks: list[Any], at: str) -> Iterator[Problem]:
    focused = [
        f"{here}/{where}/focus_on_load"
        for each, here in walk(blocks, at)
        for where, element in _elements(each)
        if element.get("focus_on_load") is True
    ]
    for pointer in focused[1:]:
        yield failed(pointer, "only one element can have focus_on_load", "max_items", 1)


def _elements(block: Json) -> Iterator[tuple[str, Json]]:
    for key in ("element", "accessory"):
        if isinstance(block.get(key), dict):
            yield key, block[key]
    for index, each in enumerate(items(block.get("elements"))):
        if isinstance(each, dict):
            yield f"elements/{index}", each


def _characters(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(_characters, value))
    if not isinstance(value, dict):
        return 0
    own = len(value["text"]) if isinstance(value.get("text"), str) else 0
    return own + sum(_characters(each) for key, each in value.items() if isinstance(each, dict | list))


def _is_a(value: Any, kind: str) -> bool:
    return isinstance(value, dict) and value.get("type") == kind


def _untouched(_: Any, __: str) -> Iterator[Problem]:
    """The blocks of a view are looked at separately, with their surface."""
    return iter(())


_SHARED = {
    "private_metadata": string(most=3000, least=0),
    "callback_id": string(most=255, least=0),
    "external_id": string(most=255, least=0),
}
_MODAL = record(
    {"type": choice("modal"), "title": plain(24), "blocks": _untouched},
    {
        **_SHARED,
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
_HOME = record(
    {"type": choice("home"), "blocks": _untouched},
    {
        **_SHARED,
        "title": plain(24),
        "close": plain(24),
        "submit": plain(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
    },
)
