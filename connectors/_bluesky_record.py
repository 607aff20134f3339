"""A reply as Bluesky stores it: what it answers, whom it names, and the one request that writes it."""

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from atproto_client import models  # type: ignore[import-untyped,unused-ignore]
from atproto_client.client.raw import ClientRaw  # type: ignore[import-untyped,unused-ignore]
from atproto_client.models.utils import get_model_as_dict  # type: ignore[import-untyped,unused-ignore]

from connectors._bluesky_parse import place_of, uri_of
from connectors._bluesky_sources import resolved
from connectors._bluesky_text import POST, facets, mentions
from connectors._bluesky_wire import Talk
from connectors._reading import Json, member, text_in
from connectors.base import ConnectorError, Fault, ReplyIntent

_MOST_NAMED = 5
"""Accounts that one reply may address: more would be spam, and each is looked up before posting."""


def record_of(talk: Talk, intent: ReplyIntent, parent: Json) -> dict[str, Any]:
    """Return the record to write; raises `ConnectorError` where Bluesky would let nobody see it.

    `createdAt` is when the host began this attempt: Bluesky sorts by it, in the author's notifications too.
    """
    viewer, author = member(parent, "viewer"), member(member(parent, "author"), "viewer")
    if member(viewer, "replyDisabled") is True:
        raise ConnectorError(Fault.FORBIDDEN_BY_POLICY, "The author of this conversation limits who may reply to it.")
    if member(author, "blockedBy") is True or member(author, "blocking"):
        raise ConnectorError(Fault.FORBIDDEN_BY_POLICY, "The author of this post and we do not see each other.")
    here = _reference(parent)
    if here is None:
        raise ConnectorError(Fault.TRANSIENT, "Bluesky did not say which version of the post is there.")
    handles = list(dict.fromkeys(one.handle.lower() for one in mentions(intent.text)))[:_MOST_NAMED]
    dids = {handle: did for handle in handles if (did := resolved(talk, handle)) is not None}
    root = _reference(member(member(member(parent, "record"), "reply"), "root")) or here
    made = models.AppBskyFeedPost.Record(
        text=intent.text,
        created_at=intent.attempted_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        reply=models.AppBskyFeedPost.ReplyRef(parent=here, root=root),
        facets=facets(intent.text, dids) or None,
    )
    return dict(get_model_as_dict(made))


def put(client: ClientRaw, uri: str, written: Mapping[str, Any]) -> object:
    """Write a record where none is. The same record again is no change; another one is refused, never written over."""
    place = place_of(uri)
    body = {"repo": place.did, "collection": POST, "rkey": place.key, "record": written, "swapRecord": None}
    # Built here: atproto leaves members out that are null, and this one asks that there be no record yet.
    return client.invoke_procedure(
        "com.atproto.repo.putRecord", content=json.dumps(body).encode(), input_encoding="application/json"
    )


def _reference(view: Json) -> Any:
    """Name a post and the version of it that is there; none when Bluesky did not say."""
    uri, cid = uri_of(view), text_in(member(view, "cid"))
    return models.ComAtprotoRepoStrongRef.Main(uri=uri, cid=cid) if uri and cid else None
