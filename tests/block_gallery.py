"""One example of every block and element that Slack's Block Kit has, for the tests of whoever shows or checks them.

The people and channels in them are those of the company Harbour, as the local Slack knows them.
"""

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    """A plain text object."""
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str, **more: Any) -> Json:
    """A mrkdwn text object."""
    return {"type": "mrkdwn", "text": text, **more}


def option(text: str, value: str, description: str | None = None) -> Json:
    """An option of a select, a checkbox group or a menu."""
    return {"text": plain(text), "value": value, **({"description": plain(description)} if description else {})}


def rich(*elements: Json) -> Json:
    """A rich text block of one section."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def rich_words(text: str, **style: bool) -> Json:
    """A run of text in rich text."""
    return {"type": "text", "text": text, **({"style": style} if style else {})}


THREE = [option("Reply", "reply", "Say something helpful"), option("Wait", "wait"), option("Leave it", "leave")]
GROUPS = [
    {"label": plain("People"), "options": [option("Ana", "ana"), option("Ben", "ben")]},
    {"label": plain("Teams"), "options": [option("Support", "support")]},
]
IMAGE = "https://pictures.example/square.png"

WORKFLOW = {"trigger": {"url": "https://slack.com/shortcuts/Ft0001/abc"}}
BUTTONS: list[Json] = [
    {"type": "button", "action_id": "b_plain", "text": plain("Suggest a reply"), "value": "1"},
    {"type": "button", "action_id": "b_primary", "text": plain("Approve"), "style": "primary", "value": "2"},
    {"type": "button", "action_id": "b_danger", "text": plain("Stop"), "style": "danger", "value": "3"},
    {"type": "button", "action_id": "b_url", "text": plain("Open the post"), "url": "https://example.org/post"},
    {"type": "workflow_button", "action_id": "b_workflow", "text": plain("Run it"), "workflow": WORKFLOW},
    {"type": "overflow", "action_id": "b_overflow", "options": THREE},
]

SELECTS: list[Json] = [
    {"type": "static_select", "action_id": "s_static", "placeholder": plain("Choose a reply"), "options": THREE},
    {"type": "multi_static_select", "action_id": "s_multi", "option_groups": GROUPS, "placeholder": plain("Who")},
    {"type": "external_select", "action_id": "s_external", "placeholder": plain("Find"), "min_query_length": 2},
    {"type": "multi_external_select", "action_id": "s_external_multi", "placeholder": plain("Find some")},
    {"type": "users_select", "action_id": "s_user", "initial_user": "U0BEN0001"},
    {"type": "multi_users_select", "action_id": "s_users", "initial_users": ["U0ANA0001", "U0BEN0001"]},
    {"type": "channels_select", "action_id": "s_channel", "initial_channel": "C0MENTIONS0"},
    {"type": "multi_channels_select", "action_id": "s_channels", "placeholder": plain("Channels")},
    {"type": "conversations_select", "action_id": "s_conversation", "placeholder": plain("Conversation")},
    {"type": "multi_conversations_select", "action_id": "s_conversations", "placeholder": plain("Conversations")},
]

CHOICES: list[Json] = [
    {"type": "datepicker", "action_id": "d_date", "initial_date": "2026-11-21"},
    {"type": "timepicker", "action_id": "d_time", "initial_time": "09:30"},
    {"type": "datetimepicker", "action_id": "d_moment", "initial_date_time": 1795258800},
    {"type": "checkboxes", "action_id": "c_boxes", "options": THREE, "initial_options": [THREE[0]]},
    {"type": "radio_buttons", "action_id": "c_radio", "options": THREE, "initial_option": THREE[1]},
]

TYPED: list[Json] = [
    {"type": "plain_text_input", "action_id": "t_line", "placeholder": plain("One line")},
    {
        "type": "plain_text_input",
        "action_id": "t_lines",
        "multiline": True,
        "max_length": 300,
        "initial_value": "Hello",
    },
    {"type": "email_text_input", "action_id": "t_email"},
    {"type": "url_text_input", "action_id": "t_url"},
    {"type": "number_input", "action_id": "t_number", "is_decimal_allowed": False, "initial_value": "3"},
    {"type": "rich_text_input", "action_id": "t_rich", "initial_value": rich(rich_words("Bold", bold=True))},
    {"type": "file_input", "action_id": "t_file", "filetypes": ["png"], "max_files": 2},
]

RICH_TEXT: Json = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                rich_words("Everything ", bold=True),
                rich_words("italic ", italic=True),
                rich_words("struck ", strike=True),
                rich_words("under ", underline=True),
                rich_words("code()", code=True),
                {"type": "link", "url": "https://example.org/", "text": " a link "},
                {"type": "user", "user_id": "U0BEN0001", "style": {"highlight": True}},
                {"type": "channel", "channel_id": "C0GENERAL00"},
                {"type": "usergroup", "usergroup_id": "S0SOCIALCAR"},
                {"type": "team", "team_id": "T0HARBOUR1"},
                {"type": "broadcast", "range": "here"},
                {"type": "emoji", "name": "tada", "unicode": "1f389"},
                {"type": "date", "timestamp": 1795258800, "format": "{date_long} at {time}", "fallback": "that day"},
                {"type": "color", "value": "#4a154b"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "ordered",
            "elements": [{"type": "rich_text_section", "elements": [rich_words(text)]} for text in ("First", "Second")],
        },
        {
            "type": "rich_text_list",
            "style": "bullet",
            "indent": 1,
            "elements": [{"type": "rich_text_section", "elements": [rich_words("Below the second")]}],
        },
        {
            "type": "rich_text_quote",
            "elements": [rich_words("Quoted as it was written: <b>not bold</b> &amp; *plain*")],
        },
        {"type": "rich_text_preformatted", "elements": [rich_words("def answer() -> int:\n    return 42")]},
    ],
}

MARKDOWN = (
    "## What changed\n**Bold**, *italic*, ~~struck~~, `code`, [a link](https://example.org)\n\n- one\n- two\n"
    "  - nested\n\n1. first\n2. second\n\n> quoted\n\n```\nraw <b>code</b>\n```\n\n"
    "| Source | Mentions |\n|---|---|\n| Plaza | 12 |\n\n- [x] done\n- [ ] open"
)

TABLE: Json = {
    "type": "table",
    "column_settings": [{"is_wrapped": True}, {"align": "right"}],
    "rows": [
        [{"type": "raw_text", "text": "Source"}, {"type": "raw_text", "text": "Mentions"}],
        [{"type": "raw_text", "text": "Plaza"}, {"type": "raw_number", "value": 12, "text": "12"}],
        [rich(rich_words("Blog", bold=True)), {"type": "raw_number", "value": 3}],
    ],
}

DATA_TABLE: Json = {
    "type": "data_table",
    "caption": "Replies by person",
    "page_size": 3,
    "rows": [
        [{"type": "raw_text", "text": "Person"}, {"type": "raw_text", "text": "Replies"}],
        *(
            [{"type": "raw_text", "text": name}, {"type": "raw_number", "value": count, "text": str(count)}]
            for name, count in (("Ana", 9), ("Ben", 12), ("Carla", 2), ("Deniz", 30), ("Eva", 4))
        ),
    ],
}


def chart(kind: str) -> Json:
    """A chart of one kind: `bar`, `line`, `area` or `pie`."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri")
    if kind == "pie":
        slices = (("Question", 45), ("Complaint", 28), ("Praise", 18), ("False claim", 9))
        segments = [{"label": label, "value": value} for label, value in slices]
        return {"type": "data_visualization", "title": "Kinds", "chart": {"type": "pie", "segments": segments}}
    series = [
        {"name": name, "data": [{"label": day, "value": value} for day, value in zip(days, values, strict=True)]}
        for name, values in (("Mentions", (12, 19, 7, 15, 22)), ("Replies", (3, 6, 2, 5, 4)))
    ]
    axis = {"categories": list(days), "x_label": "Day", "y_label": "Posts"}
    body = {"type": kind, "series": series, "axis_config": axis}
    return {"type": "data_visualization", "title": f"This week as {kind}", "chart": body}


def card(number: int) -> Json:
    """A card with everything a card can have."""
    return {
        "type": "card",
        "block_id": f"card_{number}",
        "icon": {"type": "image", "image_url": IMAGE, "alt_text": "An icon"},
        "title": mrkdwn(f"*Reply {number}*"),
        "subtitle": mrkdwn("From a fact"),
        "body": mrkdwn("The battery lasts 10 hours; here is <https://example.org|how we measure>."),
        "actions": [{"type": "button", "action_id": f"use_{number}", "text": plain("Use this"), "value": "x"}],
    }


def task(state: str) -> Json:
    """A task in one state."""
    return {
        "type": "task_card",
        "task_id": state,
        "title": f"Check the facts ({state})",
        "status": state,
        "details": rich(rich_words("Compared with 12 facts")),
        "sources": [{"type": "url", "url": "https://example.org/fact", "text": "Fact sheet"}],
    }


FEEDBACK: Json = {
    "type": "feedback_buttons",
    "action_id": "feedback",
    "positive_button": {"text": plain("Good"), "value": "good"},
    "negative_button": {"text": plain("Bad"), "value": "bad"},
}
ICON_BUTTON: Json = {"type": "icon_button", "action_id": "remove", "icon": "trash", "text": plain("Remove")}

MESSAGE_BLOCKS: list[Json] = [
    {"type": "header", "text": plain("A header :wave:")},
    {
        "type": "section",
        "text": mrkdwn(
            "*bold* _italic_ ~struck~ `code` <https://example.org|a link> <@U0ANA0001> <#C0GENERAL00> <!here> :tada: "
            "1 &lt; 2 &amp;&amp; 3 &gt; 2\n> quoted\n```a = 1```"
        ),
    },
    {"type": "section", "fields": [mrkdwn("*Platform*\nPlaza"), mrkdwn("*Mood*\nUnhappy")]},
    {"type": "section", "text": plain("With an accessory"), "accessory": {**SELECTS[0], "action_id": "accessory"}},
    {
        "type": "section",
        "text": plain("With a picture"),
        "accessory": {"type": "image", "image_url": IMAGE, "alt_text": "A purple square"},
    },
    {"type": "divider"},
    {"type": "context", "elements": [{"type": "image", "image_url": IMAGE, "alt_text": "P"}, mrkdwn("*Plaza* · 2 h")]},
    {"type": "image", "image_url": IMAGE, "alt_text": "A square", "title": plain("A picture")},
    {"type": "actions", "elements": BUTTONS},
    {"type": "actions", "elements": SELECTS},
    {"type": "actions", "elements": CHOICES},
    RICH_TEXT,
    {"type": "markdown", "text": MARKDOWN},
    {
        "type": "video",
        "title": plain("How it works"),
        "title_url": "https://example.org/v",
        "video_url": "https://example.org/v.mp4",
        "thumbnail_url": IMAGE,
        "alt_text": "A film",
        "provider_name": "Plaza TV",
        "description": plain("Two minutes"),
    },
    {"type": "file", "external_id": "F-1", "source": "remote"},
    {"type": "call", "call_id": "R1"},
    TABLE,
    DATA_TABLE,
    *(chart(kind) for kind in ("bar", "line", "area", "pie")),
    card(1),
    {"type": "carousel", "elements": [card(number) for number in (2, 3, 4)]},
    {
        "type": "container",
        "title": plain("The thread so far"),
        "subtitle": plain("3 posts"),
        "is_collapsible": True,
        "child_blocks": [{"type": "section", "text": mrkdwn("*mara*: does it work offline?")}, {"type": "divider"}],
    },
    {"type": "plan", "title": "How this draft came to be", "tasks": [task("complete"), task("in_progress")]},
    task("error"),
    {"type": "context_actions", "elements": [FEEDBACK, ICON_BUTTON]},
    {"type": "auth_provider", "value": "plaza", "name": plain("Plaza"), "is_connected": False},
]

VIEW_BLOCKS: list[Json] = [
    *(
        {"type": "alert", "level": level, "text": mrkdwn(f"An alert of level *{level}*")}
        for level in ("default", "info", "warning", "error", "success")
    ),
    *(
        {"type": "input", "label": plain(f"Input {element['action_id']}"), "hint": plain("A hint"), "element": element}
        for element in (*TYPED, *SELECTS, *CHOICES)
    ),
]


def with_ids(blocks: list[Json]) -> list[Json]:
    """The blocks with a block_id each, as Slack gives them out."""
    return [{"block_id": f"block_{number}", **block} for number, block in enumerate(blocks)]
