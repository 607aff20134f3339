"""Uploaded files: an address to send the bytes to, the bytes, and the file object that messages show."""

import mimetypes
import secrets
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.demo.slack.delivery import new_key
from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.state import State
from bot.demo.slack.tokens import Tokens

MOST_BYTES = 20_000_000


@dataclass(slots=True)
class Upload:
    """A file that is on its way."""

    id: str
    name: str
    length: int
    user: str
    arrived: bool = False


class Files:
    """Uploads in two steps, as `files_upload_v2` makes them."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._uploads: dict[str, Upload] = {}
        self.origin = ""

    def expect(self, name: str, length: int, user: str) -> tuple[str, str]:
        """Return the id of a new file and the address that takes its bytes once."""
        if not 0 < length <= MOST_BYTES:
            raise SlackError("invalid_arguments")
        key = secrets.token_urlsafe(18)
        upload = Upload(new_key("F0"), PurePosixPath(name).name or "file", length, user)
        with self._lock:
            self._uploads[key] = upload
        return upload.id, f"{self.origin}/upload/v1/{key}"

    def receive(self, key: str, content: bytes) -> None:
        """Take the bytes; they must be as many as announced."""
        with self._lock:
            upload = self._uploads.get(key)
        if upload is None or upload.arrived or len(content) != upload.length:
            raise SlackError("invalid_upload")
        self._state.put_content(upload.id, content)
        upload.arrived = True

    def complete(self, file: str, title: str, user: str) -> Json:
        """Make a received upload a file; raises `file_not_found` for any other."""
        with self._lock:
            found = [
                key for key, each in self._uploads.items() if each.id == file and each.arrived and each.user == user
            ]
            if not found:
                raise SlackError("file_not_found")
            upload = self._uploads.pop(found[0])
        document = self._document(upload, title or upload.name)
        self._state.put("file", upload.id, document)
        return document

    def store(self, name: str, content: bytes, user: str) -> Json:
        """Keep a file that a person chose in a form."""
        file, url = self.expect(name, len(content), user)
        self.receive(url.rsplit("/", 1)[1], content)
        return self.complete(file, name, user)

    def _document(self, upload: Upload, title: str) -> Json:
        kind = mimetypes.guess_type(upload.name)[0] or "application/octet-stream"
        private = f"{self.origin}/files-pri/{upload.id}/{quote(upload.name)}"
        return {
            "id": upload.id,
            "created": int(self._state.now()),
            "timestamp": int(self._state.now()),
            "name": upload.name,
            "title": title,
            "mimetype": kind,
            "filetype": PurePosixPath(upload.name).suffix.lstrip(".") or "text",
            "user": upload.user,
            "size": upload.length,
            "mode": "hosted",
            "is_external": False,
            "channels": [],
            "url_private": private,
            "url_private_download": private,
            "permalink": private,
        }


def routes(files: Files, state: State, tokens: Tokens) -> list[BaseRoute]:
    """Where uploads go, and where apps with a token fetch files."""
    return [
        Route("/upload/v1/{key}", _upload(files), methods=["POST"]),
        Route("/files-pri/{file}/{name}", _download(state, tokens), methods=["GET"]),
    ]


def _upload(files: Files) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > MOST_BYTES:
                return PlainTextResponse("too large", status_code=413)
        try:
            await run_in_threadpool(files.receive, request.path_params["key"], bytes(content))
        except SlackError as error:
            return PlainTextResponse(error.code, status_code=400)
        return PlainTextResponse(f"OK - {len(content)}")

    return endpoint


def _download(state: State, tokens: Tokens) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        try:
            token = tokens.find(request.headers.get("authorization", "").removeprefix("Bearer "))
        except SlackError as error:
            return PlainTextResponse(error.code, status_code=403)
        document = state.document("file", request.path_params["file"])
        content = state.content(request.path_params["file"])
        if document is None or content is None or "files:read" not in token.scopes:
            return PlainTextResponse("file_not_found", status_code=404)
        return Response(content, media_type="application/octet-stream", headers={"X-Content-Type-Options": "nosniff"})

    return endpoint
