"""Blocks and views that Slack takes, for the tests of the validator to spoil."""

from typing import Any

Json = dict[str, Any]


def plain(text: str = "Hello", **more: Any) -> Json:
    return {"type": "plain_text", "text": text, **more}


def mrkdwn(text: str = "Hello", **more: Any) -> Json:
    return {"type": "mrkdwn", "text": text, **more}


def section(**more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(), **more}


def button(action_id: str = "go", **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain("Go"), **more}


def option(value: str = "a", **more: Any) -> Json:
    return {"text": plain(value), "value": value, **more}


def select(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "pick", "options": [option()], **more}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements) or [button()], **more}


def field(element: Json | None = None, **more: Any) -> Json:
    element = element or {"type": "plain_text_input", "action_id": "words"}
    return {"type": "input", "label": plain("Words"), "element": element, **more}


def rich_text(*parts: Json) -> Json:
    elements = list(parts) or [{"type": "text", "text": "quoted <b>"}]
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": elements}]}


def cell(text: str = "x") -> Json:
    return {"type": "raw_text", "text": text}


def table(rows: int = 2, columns: int = 2, **more: Any) -> Json:
    return {"type": "table", "rows": [[cell() for _ in range(columns)] for _ in range(rows)], **more}


def data_table(**more: Any) -> Json:
    return {**table(), "type": "data_table", "caption": "Replies", **more}


def bars(**more: Any) -> Json:
    series = [{"name": "Replies", "data": [{"label": "Mon", "value": 3}, {"label": "Tue", "value": 5}]}]
    chart = {"type": "bar", "series": series, "axis_config": {"categories": ["Mon", "Tue"]}, **more}
    return {"type": "data_visualization", "title": "Replies", "chart": chart}


def pie(*segments: Json) -> Json:
    parts = list(segments) or [{"label": "Answered", "value": 1}]
    return {"type": "data_visualization", "title": "Mood", "chart": {"type": "pie", "segments": parts}}


def image(**more: Any) -> Json:
    return {"type": "image", "image_url": "https://harbour.example/a.png", "alt_text": "An e-reader", **more}


def card(**more: Any) -> Json:
    return {"type": "card", "title": mrkdwn("A reply"), "body": mrkdwn("Sorry!"), "actions": [button()], **more}


def container(*children: Json, **more: Any) -> Json:
    return {"type": "container", "title": plain("Thread"), "child_blocks": list(children) or [section()], **more}


def task(**more: Any) -> Json:
    return {"type": "task_card", "task_id": "t1", "title": "Read", "status": "complete", **more}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain("Reply"), "submit": plain("Post"), "blocks": list(blocks), **more}


def home(*blocks: Json, **more: Any) -> Json:
    return {"type": "home", "blocks": list(blocks), **more}


TAKEN_IN_MESSAGES = [
    section(),
    section(accessory=button(), block_id="b" * 255, expand=True),
    {"type": "section", "fields": [mrkdwn("f" * 2000)] * 10},
    section(text=mrkdwn("t" * 3000, verbatim=True)),
    section(text=plain("t", emoji=False)),
    section(accessory=select(initial_option=option())),
    section(accessory={**image(), "type": "image"}),
    {"type": "header", "text": plain("h" * 150)},
    {"type": "header", "text": plain(), "level": 2},
    {"type": "divider"},
    {"type": "context", "elements": [mrkdwn(), plain(), image()]},
    actions(*[button(f"a{number}") for number in range(25)]),
    actions(button(url="https://harbour.example/", value="v" * 2000, style="danger", accessibility_label="l" * 75)),
    actions(button(confirm={"title": plain(), "text": mrkdwn(), "confirm": plain(), "deny": plain()})),
    actions({"type": "overflow", "action_id": "more", "options": [option("x", url="https://harbour.example/")]}),
    actions(select(options=None, option_groups=[{"label": plain(), "options": [option()]}])),
    actions({"type": "multi_static_select", "action_id": "m", "options": [option()], "max_selected_items": 3}),
    actions({"type": "users_select", "action_id": "u", "initial_user": "U0ANA0001"}),
    actions({"type": "conversations_select", "action_id": "c", "filter": {"include": ["public"]}}),
    actions({"type": "external_select", "action_id": "e", "min_query_length": 0, "placeholder": plain()}),
    actions({"type": "datepicker", "action_id": "d", "initial_date": "2026-11-21"}),
    actions({"type": "timepicker", "action_id": "t", "initial_time": "23:59"}),
    actions({"type": "datetimepicker", "action_id": "dt", "initial_date_time": 1_790_000_000}),
    actions({"type": "checkboxes", "action_id": "c", "options": [{"text": mrkdwn(), "value": "a"}]}),
    actions({"type": "radio_buttons", "action_id": "r", "options": [option()], "initial_option": option()}),
    {"type": "context_actions", "elements": [{"type": "icon_button", "icon": "trash", "text": plain("Delete")}]},
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "rate",
                "positive_button": {"text": plain("Good"), "value": "+"},
                "negative_button": {"text": plain("Bad"), "value": "-"},
            }
        ],
    },
    image(),
    image(image_url=None, slack_file={"id": "F0ABC"}),
    field(),
    rich_text(),
    rich_text(
        {"type": "link", "url": "https://harbour.example/", "style": {"bold": True}}, {"type": "emoji", "name": "x"}
    ),
    {
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x"}]}],
    },
    {"type": "markdown", "text": "m" * 12_000},
    table(100, 20),
    table(column_settings=[None, {"align": "right", "is_wrapped": True}]),
    data_table(page_size=100, row_header_column_index=0),
    bars(),
    pie(),
    card(),
    card(actions=None, hero_image=image(), icon=image(), subtitle=mrkdwn("s" * 150)),
    {"type": "carousel", "elements": [card()] * 10},
    container(section(), table(), is_collapsible=True, default_collapsed=True, subtitle=plain(), width="wide"),
    task(details=rich_text(), sources=[{"type": "url", "url": "https://harbour.example/", "text": "Source"}]),
    {"type": "plan", "title": "Plan", "tasks": [task()]},
    {
        "type": "video",
        "alt_text": "Film",
        "title": plain("Film"),
        "thumbnail_url": "https://harbour.example/t.png",
        "video_url": "https://harbour.example/v",
    },
]
