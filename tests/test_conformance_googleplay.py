"""The Google Play connector passes the kit against a server that answers as the developer API does."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from google_server import NO_TOKEN, TOKEN, TOO_FAST, GoogleError, GoogleServer, trouble
from googleplay_server import PACKAGE, StoreSide

from connectors.base import Author, Call, Fault, Followed, Post, SourceKind
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.conformance_promises import PromisesConformance
from connectors.googleplay import GooglePlayConnector

OTHER_APP = Post(
    "gp:1", "Hi", Author("review-gp:1", "Sam"), datetime(2026, 1, 1, tzinfo=UTC), venue="play.google.com/x.y"
)

REFUSALS: Mapping[Fault, Trouble] = {
    Fault.AUTH: trouble(NO_TOKEN),
    Fault.FORBIDDEN_BY_POLICY: trouble(
        GoogleError(403, "permissionDenied", "The current user has insufficient permissions.", name="PERMISSION_DENIED")
    ),
    Fault.GONE: trouble(GoogleError(404, "reviewNotFound", "The review could not be found.")),
    Fault.TOO_LONG: trouble(GoogleError(400, "replyTooLong", "The reply must not have more than 350 characters.")),
    Fault.INVALID: trouble(GoogleError(400, "badRequest", "The reply text is missing.")),
    Fault.RATE_LIMITED: trouble(TOO_FAST),
}


class StoreWorld:
    """An app behind a proxy that can lose its answers."""

    connector = GooglePlayConnector()
    followed = Followed(SourceKind.FEED)
    refusals: Mapping[Fault, Trouble] = REFUSALS
    forbidden: Sequence[Post] = (OTHER_APP,)
    cannot: Mapping[Ability, str] = {
        Ability.PRIVATE: "All reviews are public.",
        Ability.EDIT_TIME: "Google does not say when a review was first written.",
    }

    def __init__(self, side: StoreSide, proxy: FaultProxy) -> None:
        self._side = side
        self._proxy = proxy
        self.call = Call(
            proxy.url,
            {"access_token": TOKEN},
            datetime.now(UTC),
            account_id=PACKAGE,
            handle=PACKAGE,
            options={"package_name": PACKAGE},
        )

    def make_mention(self, text: str) -> str:
        return self._side.write(text).id

    def make_private_mention(self, text: str) -> str:
        raise AssertionError(f"There is nothing private in a store: {text}")

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        raise AssertionError(f"A review has one answer, ours: {texts}")

    def edit_parent(self, post_id: str, text: str) -> None:
        self._side.change(post_id, text, 3)

    def delete_parent(self, post_id: str) -> None:
        self._side.reviews[post_id].gone = True

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        answered = [one for one in self._side.reviews.values() if one.answered is not None and not one.gone]
        return [Stored(f"{one.id}:reply", one.answer) for one in answered]


class TestGooglePlay(ConnectorConformance, PromisesConformance):
    @pytest.fixture
    def world(self) -> Iterator[StoreWorld]:
        side = StoreSide()
        with GoogleServer(side) as google, FaultProxy(google.url) as proxy:
            yield StoreWorld(side, proxy)
