"""What became of posts on Discourse: whether they still stand, how often they were liked, and who answered."""

from dataclasses import replace

from connectors import _discourse_pending
from connectors._discourse_parse import Place, is_gone, is_shown, numbers_in
from connectors._discourse_topic import Categories, place_of, reader
from connectors._discourse_wire import checked_id, host_of, read
from connectors._reading import Json, Unreadable, count_of, list_of, member, optional_id
from connectors.base import Call, ConnectorError, Fault, PostState, PostStatus, Signal, SignalKind

_LIKE = 2
_PAGES_OF_ANSWERS = 5


class States:
    """What one call learns of posts; categories and topics are read once for all of them."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._categories = Categories(call)
        self._places: dict[str, Place] = {}

    def of(self, post_id: str) -> PostState:
        """Return how a post is now; raises `ConnectorError`."""
        if _discourse_pending.is_pending(post_id):
            return _discourse_pending.state(self._call, post_id)
        status, raw = self._read(post_id)
        if status is not PostStatus.LIVE:
            return PostState(post_id, status)
        try:
            post = reader(self._call).post(raw, self._place(raw))
        except Unreadable as error:
            host = host_of(self._call)
            raise ConnectorError(Fault.TRANSIENT, f"{host} sent a post that cannot be read. {error}") from error
        if not post.is_public or post.id != post_id:
            return PostState(post_id, PostStatus.HIDDEN)
        return PostState(post_id, PostStatus.EDITED if post.edited_at else PostStatus.LIVE, post)

    def signals(self, post_id: str) -> list[Signal]:
        """Return what can be seen of the effect of a post of ours; raises `ConnectorError`."""
        if _discourse_pending.is_pending(post_id):
            gone = _discourse_pending.state(self._call, post_id).status is PostStatus.DELETED
            return [Signal(SignalKind.REMOVED, post_id)] if gone else []
        status, raw = self._read(post_id)
        if status is not PostStatus.LIVE:
            return [Signal(SignalKind.REMOVED, post_id)]
        actions = list_of(member(raw, "actions_summary"))
        likes = sum(count_of(member(one, "count")) for one in actions if member(one, "id") == _LIKE)
        signals = [Signal(SignalKind.LIKES, post_id, likes)]
        version = member(raw, "version")
        if isinstance(version, int) and version > 1:
            signals.append(Signal(SignalKind.EDITED, post_id))
        return signals + (self._answers(post_id, raw) if member(raw, "reply_count") else [])

    def _read(self, post_id: str) -> tuple[PostStatus, Json]:
        try:
            raw = read(self._call, f"/posts/{checked_id(post_id)}.json")
        except ConnectorError as error:
            if error.fault is Fault.GONE:
                return PostStatus.DELETED, None
            if error.fault is Fault.FORBIDDEN_BY_POLICY:
                return PostStatus.HIDDEN, None
            raise
        if is_gone(raw):
            return PostStatus.DELETED, raw
        return (PostStatus.LIVE if is_shown(raw) else PostStatus.HIDDEN), raw

    def _place(self, raw: Json) -> Place:
        topic_id = optional_id(member(raw, "topic_id"))
        if topic_id is None:
            raise ConnectorError(Fault.TRANSIENT, f"{host_of(self._call)} did not say in which topic a post stands.")
        if topic_id not in self._places:
            topic = read(self._call, f"/t/{topic_id}.json")
            self._places[topic_id] = place_of(topic, self._categories)
        return self._places[topic_id]

    def _answers(self, post_id: str, raw: Json) -> list[Signal]:
        answers: list[Json] = []
        after: object = 1
        for _ in range(_PAGES_OF_ANSWERS):
            found = list_of(read(self._call, f"/posts/{checked_id(post_id)}/replies.json", {"after": str(after)}))
            answers += found
            previous, after = after, member(found[-1], "post_number") if found else None
            if after in (None, previous):
                break
        place = replace(self._place(raw), by_number=numbers_in([raw]))
        posts, _ = reader(self._call).posts(answers, place)
        return [Signal(SignalKind.ANSWERED, post_id, post=post) for post in posts if not post.is_own]
