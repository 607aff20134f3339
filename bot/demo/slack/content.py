"""What a message is made of, checked as Slack checks it before it is posted."""

import json
from dataclasses import dataclass
from typing import Any, Self

from bot.demo.slack.blockkit import Problem, text_length, validate
from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.identify import identified
from bot.demo.slack.text import canonical

TEXT_TRUNCATED = 40_000
TEXT_IN_UPDATE = 4_000
MARKDOWN_TEXT = 12_000
TEXT_IN_BLOCKS = 9_600
"""Undocumented: 9,597 characters were seen accepted and 11,341 refused."""
METADATA_BYTES = 8_000
"""Undocumented as well; small on purpose, for metadata is for ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Text, blocks, attachments and metadata that Slack would take."""

    text: str
    blocks: list[Json]
    attachments: list[Json]
    metadata: Json | None = None
    was_truncated: bool = False

    @classmethod
    def of(cls, given: Json, *, unlimited: bool = False) -> Self:
        """Read and check; `unlimited` lifts the sum over all blocks, as response URLs do."""
        text = str(given.get("text") or "")
        blocks = _list(given.get("blocks"), "invalid_blocks_format")
        attachments = _list(given.get("attachments"), "invalid_attachments")
        if markdown := given.get("markdown_text"):
            text, blocks = _markdown(str(markdown), text, blocks)
        if not text.strip() and not blocks and not attachments:
            raise SlackError("no_text")
        refuse(validate(blocks, surface="message") if blocks else [], "invalid_blocks")
        _check_attachments(attachments)
        if not unlimited and text_length(blocks) > TEXT_IN_BLOCKS:
            raise SlackError("msg_blocks_too_long")
        return cls(
            text=canonical(text[:TEXT_TRUNCATED]),
            blocks=identified(blocks),
            attachments=[_numbered(each, index) for index, each in enumerate(attachments, start=1)],
            metadata=_metadata(given.get("metadata")),
            was_truncated=len(text) > TEXT_TRUNCATED,
        )

    def fields(self) -> Json:
        """The fields of the message object."""
        optional = {"blocks": self.blocks, "attachments": self.attachments, "metadata": self.metadata}
        return {"text": self.text} | {key: value for key, value in optional.items() if value}


def refuse(problems: list[Problem], code: str) -> None:
    """Raise as Slack does when there is any problem: the pointers are in `response_metadata.messages`."""
    if problems:
        messages = [str(each) for each in problems]
        raise SlackError(code, response_metadata={"messages": messages}, errors=messages)


def structure(value: Any, code: str) -> Any:
    """A list or an object that may have come as JSON in a form field."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise SlackError(code) from error


def _list(value: Any, code: str) -> list[Json]:
    if value in (None, ""):
        return []
    found = structure(value, code)
    if not isinstance(found, list):
        raise SlackError(code)
    return found


def _markdown(markdown: str, text: str, blocks: list[Json]) -> tuple[str, list[Json]]:
    if text or blocks:
        raise SlackError("markdown_text_conflict")
    if len(markdown) > MARKDOWN_TEXT:
        raise SlackError("msg_too_long")
    return markdown, [{"type": "markdown", "text": markdown}]


def _check_attachments(attachments: list[Json]) -> None:
    if len(attachments) > 100:
        raise SlackError("too_many_attachments")
    for index, each in enumerate(attachments):
        if not isinstance(each, dict):
            raise SlackError("invalid_attachments")
        if blocks := each.get("blocks"):
            refuse(validate(blocks, surface="message", at=f"/attachments/{index}/blocks"), "invalid_attachments")


def _numbered(attachment: Json, number: int) -> Json:
    blocks = {"blocks": identified(attachment["blocks"])} if attachment.get("blocks") else {}
    return {"id": number, **attachment, **blocks}


def _metadata(given: Any) -> Json | None:
    if given in (None, ""):
        return None
    metadata = structure(given, "invalid_metadata_format")
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    kind, payload = metadata.get("event_type"), metadata.get("event_payload")
    if not isinstance(kind, str) or not kind or not isinstance(payload, dict):
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(metadata).encode()) > METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return {"event_type": kind, "event_payload": payload}
