"""Google Play's reviews as posts: the stars stand above the words, and our answer below is a post of ours.

https://developers.google.com/android-publisher/api-ref/rest/v3/reviews
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from connectors._reading import Json, Unreadable, language_of, list_of, member, optional_id, text_in
from connectors._text import LONGEST, clean, one_line
from connectors.base import Author, Post, Skipped

_OURS = ":reply"
"""Google gives our answer no id of its own: a review has one answer or none."""

_MOST_STARS = 5


@dataclass(frozen=True, slots=True)
class Review:
    """A review, and our answer when it has one."""

    post: Post
    answer: Post | None
    stars: int


def reply_id(review_id: str) -> str:
    """Return the id that our answer to a review goes by."""
    return review_id + _OURS


def review_id(post_id: str) -> str:
    """Return the review that an id is about: itself, or the one that our answer stands below."""
    return post_id.removesuffix(_OURS)


def is_ours(post_id: str) -> bool:
    """Whether an id is that of an answer of ours."""
    return post_id.endswith(_OURS)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads for one app."""

    package: str
    handle: str

    @property
    def venue(self) -> str:
        return f"play.google.com/{self.package}"

    def reviews(self, rows: Iterable[Json]) -> tuple[list[Review], list[Skipped]]:
        """Read what can be read of some reviews; what cannot is told, and its neighbours stand."""
        found: list[Review] = []
        skipped: list[Skipped] = []
        for raw in rows:
            try:
                found.append(self.review(raw))
            except Unreadable as error:
                skipped.append(Skipped(optional_id(member(raw, "reviewId")) or "", str(error)))
        return found, skipped

    def review(self, raw: Json) -> Review:
        """Read a review; raises `Unreadable`."""
        identity = optional_id(member(raw, "reviewId"))
        if identity is None:
            raise Unreadable("It has no id.")
        said, answered = (self._newest(raw, side) for side in ("userComment", "developerComment"))
        if said is None:
            raise Unreadable("Nobody says anything in it.")
        name = one_line(text_in(member(raw, "authorName")))
        stars = _stars(member(said, "starRating"))
        post = Post(
            identity,
            "\n".join(
                part for part in ("★" * stars + "☆" * (_MOST_STARS - stars) if stars else "", _text(said)) if part
            ),
            # Google names no accounts: of the reviewers each counts as one of their own.
            Author(f"review-{identity}", name or "somebody on Google Play", name),
            moment(member(said, "lastModified")),
            url=self.address_of(identity),
            root_id=identity,
            language=language_of(text_in(member(said, "reviewerLanguage")).replace("_", "-")),
            venue=self.venue,
        )
        return Review(post, None if answered is None else self._answer(post, answered), stars)

    def address_of(self, identity: str) -> str:
        """Return the address at which the store itself shows one review."""
        return f"https://play.google.com/store/apps/details?{urlencode({'id': self.package, 'reviewId': identity})}"

    def _answer(self, review: Post, raw: Json) -> Post:
        return Post(
            reply_id(review.id),
            _text(raw),
            Author(self.package, self.handle or self.package, self.handle),
            moment(member(raw, "lastModified")),
            url=review.url,
            parent_id=review.id,
            root_id=review.id,
            venue=self.venue,
            is_own=True,
        )

    def _newest(self, raw: Json, side: str) -> Json:
        """Return what a side says now: Google may list what it said before, too."""
        said = [found for one in list_of(member(raw, "comments")) if (found := member(one, side)) is not None]
        return max(said, key=_seconds, default=None)


def moment(raw: Json) -> datetime:
    """Read a time in seconds and billionths; raises `Unreadable`."""
    try:
        seconds = int(text_in(raw_seconds)) if isinstance(raw_seconds := member(raw, "seconds"), str) else raw_seconds
    except ValueError as error:
        raise Unreadable("Its time cannot be read.") from error
    nanos = member(raw, "nanos")
    is_whole = isinstance(nanos, int) and not isinstance(nanos, bool) and 0 <= nanos < 10**9
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise Unreadable("It has no time.")
    try:
        whole = datetime.fromtimestamp(seconds, UTC)
        return whole + timedelta(microseconds=nanos // 1_000 if isinstance(nanos, int) and is_whole else 0)
    except (ValueError, OverflowError, OSError) as error:
        raise Unreadable("Its time cannot be read.") from error


def path_of(package: str, identity: str = "") -> str:
    """Return where an app's reviews live in the API, or one of them."""
    of_app = f"/androidpublisher/v3/applications/{quote(package, safe='')}/reviews"
    return f"{of_app}/{quote(identity, safe='')}" if identity else of_app


def _seconds(raw: Json) -> datetime:
    try:
        return moment(member(raw, "lastModified"))
    except Unreadable:
        return datetime.min.replace(tzinfo=UTC)


def _stars(value: Json) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_STARS else 0


def _text(raw: Json) -> str:
    """The words; a title of its own is divided from them by a tab."""
    text = clean(text_in(member(raw, "text"))[: 2 * LONGEST].replace("\t", "\n")).strip()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
