"""A local server that answers as the Stack Exchange API 2.3 does: its wrapper, always gzip, its quota, its errors."""

import gzip
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from small_server import Asked, Given, SmallServer

KEY = "U4DMV*8nvpm3EOpvf69Rxw(("


@dataclass
class Piece:
    """A question, an answer below a question, or a comment below either; numbers of comments are their own."""

    number: int
    kind: str
    text: str
    at: int
    owner: int = 17
    title: str = ""
    tags: tuple[str, ...] = ()
    below: "Piece | None" = None
    edited: int | None = None

    @property
    def question(self) -> "Piece":
        return self if self.below is None else self.below.question


class StackExchangeServer(SmallServer):
    """One site. `backoff` is told with the next answer of a method; whoever asks it again too soon is throttled."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: dict[tuple[str, int], Piece] = {}
        self.quota = 10_000
        self.backoffs: dict[str, int] = {}
        self._not_before: dict[str, float] = {}

    def ask_question(self, title: str, text: str, tags: tuple[str, ...] = ("e-reader",), owner: int = 17) -> Piece:
        return self._add(Piece(self._next(), "question", text, int(time.time()), owner, title, tags))

    def answer_to(self, question: Piece, text: str, owner: int = 17) -> Piece:
        return self._add(Piece(self._next(), "answer", text, int(time.time()), owner, below=question))

    def comment_on(self, piece: Piece, text: str, owner: int = 17) -> Piece:
        return self._add(Piece(self._next(), "comment", text, int(time.time()), owner, below=piece))

    def remove(self, piece: Piece) -> None:
        del self.pieces[piece.kind, piece.number]

    def answer(self, asked: Asked) -> Given:
        path = asked.path.removeprefix("/2.3")
        if asked.params.get("site") not in ("stackoverflow", "stackoverflow.com"):
            return _error(400, "bad_parameter", f"No site found for name `{asked.params.get('site')}`")
        if asked.params.get("key", KEY) != KEY:
            return _error(400, "bad_parameter", "`key` doesn't match a known application")
        method = "".join("#" if sign.isdigit() else sign for sign in path)
        if time.time() < self._not_before.get(method, 0):
            return _error(502, "throttle_violation", "Violation of backoff parameter")
        found = self._found(path, asked.params)
        if found is None:
            return _error(404, "no_method", "this method cannot be called this way")
        return self._wrapped(found, asked.params, method)

    def _found(self, path: str, params: Mapping[str, str]) -> list[dict[str, Any]] | None:
        match path.strip("/").split("/"):
            case ["info"]:
                return [{"total_questions": 24_000_000, "api_revision": "2026.1.1"}]
            case ["users", number]:
                return [{"user_id": int(number), "display_name": "Ana &amp; Harbour"}] if number == "99" else []
            case ["questions"]:
                tags = set(params["tagged"].split(";"))
                return self._listed("question", params, lambda one: tags <= set(one.tags))
            case ["search", "advanced"]:
                words = params["q"].casefold().split()
                return self._listed("question", params, lambda one: all(each in _words(one) for each in words))
            case [kind, numbers]:
                return self._listed(kind.rstrip("s"), params, lambda one: str(one.number) in numbers.split(";"))
            case [_, numbers, kind]:
                below = numbers.split(";")
                return self._listed(kind.rstrip("s"), params, lambda one: str(one.below.number) in below)
        return None

    def _listed(self, kind: str, params: Mapping[str, str], wanted: Any) -> list[dict[str, Any]]:
        found = [one for one in self.pieces.values() if one.kind == kind and wanted(one)]
        found = [one for one in found if one.at >= int(params.get("fromdate", 0))]
        found.sort(key=lambda one: (one.at, one.number), reverse=params.get("order", "desc") == "desc")
        return [shape(one) for one in found]

    def _wrapped(self, items: list[dict[str, Any]], params: Mapping[str, str], method: str) -> Given:
        size, page = int(params.get("pagesize", 30)), int(params.get("page", 1))
        self.quota -= 1
        body: dict[str, Any] = {
            "items": items[(page - 1) * size : page * size],
            "has_more": len(items) > page * size,
            "quota_max": 10_000,
            "quota_remaining": self.quota,
        }
        if seconds := self.backoffs.pop(method, 0):
            body["backoff"] = seconds
            self._not_before[method] = time.time() + seconds
        return _json(200, body)

    def _add(self, piece: Piece) -> Piece:
        self.pieces[piece.kind, piece.number] = piece
        return piece

    def _next(self) -> int:
        return 70_000_000 + len(self.pieces)


def shape(piece: Piece) -> dict[str, Any]:
    """A piece as the filter `withbody` shows it."""
    owner = {
        "account_id": 5,
        "reputation": 101,
        "user_id": piece.owner,
        "user_type": "registered",
        "display_name": "Maya &amp; Co",
        "link": f"https://stackoverflow.com/users/{piece.owner}/maya",
    }
    told: dict[str, Any] = {"owner": owner, "creation_date": piece.at, "body": f"<p>{escape(piece.text)}</p>"}
    told |= {"score": 0, "content_license": "CC BY-SA 4.0"}
    if piece.kind == "comment":
        assert piece.below is not None
        return {**told, "edited": piece.edited is not None, "post_id": piece.below.number, "comment_id": piece.number}
    told |= {"last_activity_date": piece.at, "question_id": piece.question.number}
    told |= {"last_edit_date": piece.edited} if piece.edited else {}
    if piece.kind == "answer":
        return {**told, "is_accepted": False, "answer_id": piece.number}
    link = f"https://stackoverflow.com/questions/{piece.number}/a-question"
    return {**told, "tags": list(piece.tags), "title": escape(piece.title), "answer_count": 0, "link": link}


def _words(piece: Piece) -> str:
    return f"{piece.title} {piece.text}".casefold()


def _error(number: int, name: str, message: str) -> Given:
    return _json(400, {"error_id": number, "error_name": name, "error_message": message})


def _json(status: int, body: Any) -> Given:
    """Every answer is compressed, whatever was asked for."""
    headers = {"Content-Type": "application/json; charset=utf-8", "Content-Encoding": "gzip"}
    return Given(status, gzip.compress(json.dumps(body).encode()), headers)
