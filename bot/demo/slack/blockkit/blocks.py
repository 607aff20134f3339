"""Blocks, the classic ones and those of 2025 and 2026, each with its limits."""

from collections.abc import Iterator
from typing import Any

from bot.demo.slack.blockkit.elements import ELEMENTS, IN_ACTIONS, IN_INPUT, IN_SECTION
from bot.demo.slack.blockkit.objects import ID, PICTURE_URL, SLACK_FILE, URL, plain, text
from bot.demo.slack.blockkit.problems import (
    Check,
    Fields,
    Problem,
    anything,
    array,
    at_least_one,
    boolean,
    both,
    choice,
    constant,
    failed,
    items,
    number,
    only_one,
    record,
    string,
    typed,
    unique,
)
from bot.demo.slack.blockkit.rich_text import RICH_TEXT


def block(kind: str, required: Fields, optional: Fields, *rules: Check) -> Check:
    """A block with an optional id."""
    return record({"type": constant(kind), **required}, {"block_id": ID, **optional}, *rules)


def _collapsible(value: Any, at: str) -> Iterator[Problem]:
    if value.get("default_collapsed") and not value.get("is_collapsible"):
        yield failed(f"{at}/default_collapsed", "default_collapsed requires is_collapsible", "requires")
    if value.get("has_header_divider") and value.get("is_collapsible"):
        yield failed(f"{at}/has_header_divider", "not allowed when is_collapsible is true", "excludes")


def _rows_of_one_length(value: Any, at: str) -> Iterator[Problem]:
    rows = [each for each in items(value.get("rows")) if isinstance(each, list)]
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            yield failed(f"{at}/rows/{index}", "all rows must have the same number of cells", "same_length")


def _plain_header_row(value: Any, at: str) -> Iterator[Problem]:
    rows = items(value.get("rows")) or [[]]
    for index, cell in enumerate(items(rows[0])):
        if isinstance(cell, dict) and cell.get("type") == "rich_text":
            yield failed(f"{at}/rows/0/{index}/type", "rich_text is not allowed in the header row", "enum")


def _series_fit_categories(value: Any, at: str) -> Iterator[Problem]:
    axis = value.get("axis_config")
    categories = items(axis.get("categories")) if isinstance(axis, dict) else []
    for index, series in enumerate(items(value.get("series"))):
        points = items(series.get("data")) if isinstance(series, dict) else []
        labels = [each.get("label") for each in points if isinstance(each, dict)]
        if sorted(map(str, labels)) != sorted(map(str, categories)):
            yield failed(f"{at}/series/{index}/data", "labels must match the categories of axis_config", "labels")


_BASIC_CELL = {
    "raw_text": record({"type": constant("raw_text"), "text": string()}, {}),
    "raw_number": record({"type": constant("raw_number"), "value": number(whole=False)}, {"text": string()}),
    "rich_text": RICH_TEXT,
}
_CELL = typed(_BASIC_CELL)
_COLUMN = record({}, {"align": choice("left", "center", "right"), "is_wrapped": boolean})
_LABEL = string(most=20)
_SERIES = both(
    array(
        record(
            {
                "name": _LABEL,
                "data": array(record({"label": _LABEL, "value": number(whole=False)}, {}), most=20),
            },
            {},
        ),
        most=12,
    ),
    unique("name", "series name"),
)
_AXIS = record({"categories": array(_LABEL, most=20)}, {"x_label": string(most=50), "y_label": string(most=50)})
_SEGMENTS = array(record({"label": _LABEL, "value": number(least=1e-9, whole=False)}, {}), most=12)


def _plotted(kind: str) -> Check:
    fields = {"type": constant(kind), "series": _SERIES, "axis_config": _AXIS}
    return record(fields, {}, _series_fit_categories)


_CHART = typed(
    {
        "pie": record({"type": constant("pie"), "segments": _SEGMENTS}, {}),
        "bar": _plotted("bar"),
        "area": _plotted("area"),
        "line": _plotted("line"),
    }
)
_IMAGE = typed(ELEMENTS, "image")
_CARD = block(
    "card",
    {},
    {
        "hero_image": _IMAGE,
        "icon": _IMAGE,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": array(typed(ELEMENTS, "button"), most=5),
    },
    at_least_one("hero_image", "title", "actions", "body"),
)
_TASK = block(
    "task_card",
    {
        "task_id": string(),
        "title": string(),
        "status": choice("pending", "in_progress", "complete", "error"),
    },
    {
        "details": RICH_TEXT,
        "output": RICH_TEXT,
        "sources": array(record({"type": constant("url"), "url": URL, "text": string()}, {})),
    },
)

SIMPLE: dict[str, Check] = {
    "section": block(
        "section",
        {},
        {
            "text": text(3000),
            "fields": array(text(2000), most=10),
            "accessory": typed(ELEMENTS, *IN_SECTION),
            "expand": boolean,
        },
        at_least_one("text", "fields"),
    ),
    "header": block("header", {"text": plain(150)}, {"level": number(least=1, most=4)}),
    "divider": block("divider", {}, {}),
    "context": block(
        "context",
        {
            "elements": array(
                typed({**ELEMENTS, "plain_text": text(3000), "mrkdwn": text(3000)}, "image", "plain_text", "mrkdwn"),
                most=10,
            )
        },
        {},
    ),
    "actions": block("actions", {"elements": array(typed(ELEMENTS, *IN_ACTIONS), most=25)}, {}),
    "context_actions": block(
        "context_actions", {"elements": array(typed(ELEMENTS, "feedback_buttons", "icon_button"), most=5)}, {}
    ),
    "image": block(
        "image",
        {"alt_text": string(most=2000)},
        {"image_url": PICTURE_URL, "slack_file": SLACK_FILE, "title": plain(2000)},
        only_one("image_url", "slack_file"),
    ),
    "video": block(
        "video",
        {
            "alt_text": string(),
            "title": plain(200),
            "thumbnail_url": PICTURE_URL,
            "video_url": string(pattern=r"https://\S+"),
        },
        {
            "title_url": string(pattern=r"https://\S+"),
            "description": plain(200),
            "author_name": string(most=50),
            "provider_name": string(),
            "provider_icon_url": PICTURE_URL,
        },
    ),
    "input": block(
        "input",
        {"label": plain(2000), "element": typed(ELEMENTS, *IN_INPUT)},
        {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "file": block("file", {"external_id": string(), "source": choice("remote")}, {}),
    "call": block("call", {"call_id": string()}, {"api_decoration_available": boolean, "call": anything}),
    "rich_text": RICH_TEXT,
    "markdown": block("markdown", {"text": string(most=12_000)}, {}),
    "table": block(
        "table",
        {"rows": array(array(_CELL, most=20), most=100)},
        {"column_settings": array(lambda value, at: iter(()) if value is None else _COLUMN(value, at), most=20)},
        _rows_of_one_length,
    ),
    "data_table": block(
        "data_table",
        {"caption": string(), "rows": array(array(_CELL, most=20), least=2, most=201)},
        {"page_size": number(least=1, most=100), "row_header_column_index": number(least=0, most=19)},
        _rows_of_one_length,
        _plain_header_row,
    ),
    "data_visualization": block("data_visualization", {"title": string(most=50), "chart": _CHART}, {}),
    "alert": block("alert", {"text": text(200)}, {"level": choice("default", "info", "warning", "error", "success")}),
    "card": _CARD,
    "carousel": block("carousel", {"elements": array(typed({"card": _CARD}), most=10)}, {}),
    "task_card": _TASK,
    "plan": block("plan", {"title": string()}, {"tasks": array(typed({"task_card": _TASK}))}),
}
IN_CONTAINER = (
    "section",
    "header",
    "divider",
    "context",
    "actions",
    "context_actions",
    "image",
    "video",
    "rich_text",
    "markdown",
    "table",
    "data_table",
    "data_visualization",
    "alert",
    "card",
    "carousel",
)
BLOCKS: dict[str, Check] = {
    **SIMPLE,
    "container": block(
        "container",
        {"child_blocks": array(typed(SIMPLE, *IN_CONTAINER), most=10)},
        {
            "title": plain(150),
            "rich_text_title": RICH_TEXT,
            "subtitle": text(150),
            "width": choice("narrow", "standard", "wide", "full"),
            "icon": _IMAGE,
            "is_collapsible": boolean,
            "default_collapsed": boolean,
            "has_header_divider": boolean,
        },
        at_least_one("title", "rich_text_title"),
        _collapsible,
    ),
}
SURFACES: dict[str, frozenset[str]] = {
    "message": frozenset(BLOCKS) - {"alert", "file"},
    "modal": frozenset(
        {"section", "header", "divider", "context", "actions", "image", "video", "input", "rich_text", "alert"}
    ),
    "home": frozenset({"section", "header", "divider", "context", "actions", "image", "video", "input", "rich_text"}),
}
"""Where a block may stand. Cards and carousels are listed for modals but do not render there, so they are refused;
`file` only ever comes back from Slack."""
