"""What somebody typed when their session had ended: kept in their own browser, sealed, until they are back."""

import base64
import binascii
import zlib
from collections.abc import Mapping
from datetime import timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response

from bot.console.house import is_secure
from bot.console.seals import Seals

NAME = "chorus_typed"
LASTS = timedelta(hours=24)
PIECE = 3_600
"""Browsers keep cookies of 4,096 bytes, name and attributes included."""
MOST = 6
LARGEST = 1 << 20
SECRET = "secret-"  # noqa: S105
"""Fields whose names begin so are kept nowhere: they are typed again."""


def keep(answer: Response, request: Request, seals: Seals, typed: Mapping[str, str], *, user: str, back: str) -> bool:
    """Put what was typed into the answer's cookies; returns False where it is too much for them."""
    packed = base64.b85encode(zlib.compress(orjson.dumps(dict(typed)))).decode()
    sealed = seals.seal("typed", LASTS, user=user, back=back, fields=packed)
    pieces = [sealed[start : start + PIECE] for start in range(0, len(sealed), PIECE)]
    if len(pieces) > MOST:
        return False
    for number in range(MOST):
        if number < len(pieces):
            answer.set_cookie(
                f"{NAME}_{number}",
                pieces[number],
                max_age=int(LASTS.total_seconds()),
                httponly=True,
                samesite="lax",
                secure=is_secure(request),
                path="/",
            )
        elif f"{NAME}_{number}" in request.cookies:
            answer.delete_cookie(f"{NAME}_{number}", path="/")
    return True


def without_secrets(typed: Mapping[str, str]) -> dict[str, str]:
    """Return what may wait in a browser, or be shown again."""
    return {name: value for name, value in typed.items() if not name.startswith(SECRET)}


def waiting(request: Request, seals: Seals, *, user: str, back: str) -> Mapping[str, str]:
    """Return what this person typed on this page, if anything waits."""
    sealed = "".join(request.cookies.get(f"{NAME}_{number}", "") for number in range(MOST))
    opened = seals.fresh("typed", sealed)
    if opened is None or opened["user"] != user or opened["back"] != back:
        return {}
    try:
        unpacked = zlib.decompressobj().decompress(base64.b85decode(opened["fields"]), LARGEST)
        found = orjson.loads(unpacked)
    except (ValueError, zlib.error, binascii.Error):
        return {}
    return found if isinstance(found, dict) else {}


def forget(answer: Response, request: Request) -> None:
    """Take the cookies back: it stands in the form again."""
    for name in request.cookies:
        if name.startswith(f"{NAME}_"):
            answer.delete_cookie(name, path="/")
