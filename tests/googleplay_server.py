"""An app in the store, as Google Play's developer API tells of it: a week's reviews, one answer each, its limits.

https://developers.google.com/android-publisher/reply-to-reviews
"""

import itertools
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from google_server import Asked, GoogleError

PACKAGE = "com.harbour.lamp"
LONGEST = 350
_KEPT_FOR = timedelta(days=7)
_PATH = re.compile(r"/androidpublisher/v3/applications/([\w.]+)/reviews(?:/([^/]+?)(:reply)?)?")


@dataclass
class Review:
    """What somebody thinks of the app, and what its developer answered."""

    id: str
    author: str
    text: str
    stars: int
    changed: datetime
    answer: str = ""
    answered: datetime | None = None
    gone: bool = False
    before: list[str] = field(default_factory=list)


class StoreSide:
    """One app. People write by the methods here; we through the API."""

    def __init__(self) -> None:
        self.reviews: dict[str, Review] = {}
        self._numbers = itertools.count(1)
        self._begun = datetime.now(UTC)

    def write(self, text: str, stars: int = 2, *, author: str = "Jane Bloggs", age: timedelta = timedelta(0)) -> Review:
        number = next(self._numbers)
        made = Review(f"gp:AOqpTOE{number:04}", author, text, stars, self._now(number) - age)
        self.reviews[made.id] = made
        return made

    def change(self, identity: str, text: str, stars: int) -> None:
        review = self.reviews[identity]
        review.before.append(review.text)
        review.text, review.stars = text, stars
        review.changed = max(self._now(next(self._numbers)), (review.answered or review.changed) + timedelta(seconds=1))

    def answer(self, asked: Asked) -> Any:
        matched = _PATH.fullmatch(asked.path)
        if matched is None or matched[1] != PACKAGE:
            raise GoogleError(404, "applicationNotFound", "No application was found for the given package name.")
        if matched[2] is None:
            return self._listed(asked)
        review = self.reviews.get(matched[2])
        if review is None or review.gone:
            raise GoogleError(404, "reviewNotFound", "The review could not be found.", name="NOT_FOUND")
        if not matched[3]:
            return shown(review)
        return self._reply(review, asked)

    def _reply(self, review: Review, asked: Asked) -> Any:
        if asked.method != "POST" or not isinstance(asked.body, dict) or not asked.body.get("replyText"):
            raise GoogleError(400, "badRequest", "The reply text is missing.")
        text = str(asked.body["replyText"])
        if len(text.encode("utf-16-le")) // 2 > LONGEST:
            raise GoogleError(400, "replyTooLong", f"The reply must not have more than {LONGEST} characters.")
        review.answer, review.answered = re.sub(r"</?[a-zA-Z!][^<>]*>", "", text), datetime.now(UTC)
        return {"result": {"replyText": review.answer, "lastEdited": stamp(review.answered)}}

    def _listed(self, asked: Asked) -> Any:
        """The one changed last comes first; a page's token stands for the place behind its last review."""
        young = [one for one in self.reviews.values() if not one.gone and one.changed > datetime.now(UTC) - _KEPT_FOR]
        rows = sorted(young, key=lambda one: one.changed, reverse=True)
        limit = min(int(asked.query.get("maxResults", 10)), 100)
        start = int(asked.query.get("token", "0"))
        here = rows[start : start + limit]
        body: dict[str, Any] = {"reviews": [shown(one) for one in here]} if here else {}
        if start + limit < len(rows):
            body["tokenPagination"] = {"nextPageToken": str(start + limit)}
        return body

    def _now(self, number: int) -> datetime:
        return min(self._begun + timedelta(microseconds=1_000 * number), datetime.now(UTC))


def shown(review: Review) -> dict[str, Any]:
    said = {"text": review.text, "lastModified": stamp(review.changed), "starRating": review.stars}
    device = {"productName": "E5333 (Xperia\u2122 C4 Dual)", "manufacturer": "Sony", "screenWidthPx": 1_080}
    more = {"reviewerLanguage": "en", "device": "trltecan", "thumbsUpCount": 10, "deviceMetadata": device}
    comments: list[dict[str, Any]] = [{"userComment": {**said, **more}}]
    if review.answered is not None:
        comments.append({"developerComment": {"text": review.answer, "lastModified": stamp(review.answered)}})
    return {"reviewId": review.id, "authorName": review.author, "comments": comments}


def stamp(moment: datetime) -> dict[str, Any]:
    return {"seconds": str(int(moment.timestamp())), "nanos": moment.microsecond * 1_000}
