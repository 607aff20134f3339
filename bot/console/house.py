"""What a page of the console is given: the house it stands in, and the visit it answers."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.console.door import Door
from bot.console.health import Report
from bot.console.rendering import Pages
from bot.console.seals import Seals
from bot.deps import Deps
from bot.errors import NotFound
from bot.models import Employee
from bot.permissions import Act, may

FORM_LASTS = timedelta(hours=12)
NOTICE = "chorus_notice"
NOTICE_LASTS = timedelta(minutes=5)
THEME = "chorus_theme"
THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class House:
    """What all pages share. `door` is None where signing in with Slack was not set up."""

    deps: Deps
    seals: Seals
    pages: Pages
    door: Door | None
    reports: Callable[[], Mapping[str, Report]]
    data_dir: Path
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a person who was let in.

    `typed` holds the fields of a form that was sent or, on a page with a form, what was typed before a session ended.
    `back` is the page on which the person is: where a form stands that was sent.
    """

    house: House
    request: Request
    person: Employee
    session: str
    back: str
    typed: Mapping[str, str] = field(default_factory=dict)
    is_kept: bool = False

    @property
    def deps(self) -> Deps:
        """What services are given."""
        return self.house.deps

    def asked(self, name: str, default: str = "") -> str:
        """Return what the address asks for, such as `q` in ?q=…, without blanks around it."""
        return str(self.request.query_params.get(name, default)).strip().replace("\0", "")

    def number(self, name: str) -> int | None:
        """Return a whole number that the address asks for; what is none is taken as not said."""
        return whole(self.asked(name))

    def field(self, name: str, default: str = "") -> str:
        """Return a field of a form, without blanks around it."""
        return self.typed.get(name, default).strip().replace("\0", "").replace("\r\n", "\n")

    def subject(self, name: str = "id") -> int:
        """Return the number in the address of the page; raises `NotFound` where it is none."""
        found = whole(str(self.request.path_params.get(name, "")))
        if found is None:
            raise NotFound("There is nothing with that number.")
        return found

    def may(self, act: str) -> bool:
        """Whether this person may do something, by the name of the act."""
        return may(self.person, Act[act])

    def with_query(self, **changes: str | int | None) -> str:
        """Return the address of this page with some of its questions changed, or left out where None."""
        asked: dict[str, str | int] = {key: value for key, value in self.request.query_params.items() if value}
        for name, value in changes.items():
            if value is None:
                asked.pop(name, None)
            else:
                asked[name] = value
        return f"{self.request.url.path}?{urlencode(asked)}" if asked else self.request.url.path

    def token(self, action: str) -> str:
        """Return what a form must bring along: good for one sending, by this person, to this address."""
        return self.house.seals.seal(
            "form",
            FORM_LASTS,
            session=self.session,
            user=self.person.slack_user,
            action=action,
            back=self.back,
            once=secrets.token_urlsafe(12),
        )

    def once(self) -> str:
        """Return a name that nothing else has."""
        return secrets.token_urlsafe(12)

    def show(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return a page."""
        notice = self.house.seals.fresh("notice", self.request.cookies.get(NOTICE, ""))
        text = self.house.pages.render(
            template,
            visit=self,
            person=self.person,
            theme=theme_of(self.request),
            notice=notice["text"] if notice else "",
            **values,
        )
        answer = HTMLResponse(text, status_code=status)
        if NOTICE in self.request.cookies:
            answer.delete_cookie(NOTICE, path="/")
        return answer

    def part(self, template: str, **values: Any) -> Response:
        """Return a piece of a page, for a script that puts it in its place."""
        return HTMLResponse(self.house.pages.render(template, visit=self, person=self.person, **values))

    def go(self, address: str, notice: str = "") -> Response:
        """Send the browser on after something was done, and say there what was done."""
        answer = RedirectResponse(address, status_code=303)
        if notice:
            sealed = self.house.seals.seal("notice", NOTICE_LASTS, text=notice[:1000])
            answer.set_cookie(NOTICE, sealed, httponly=True, samesite="lax", secure=is_secure(self.request), path="/")
        return answer


Answer = Callable[[Visit], Response]


@dataclass(frozen=True, slots=True)
class Page:
    """A page or what a form is sent to: where it is, who may come, and what answers.

    A `quiet` form changes nothing: it may be sent again, and needs no token of its own for each sending.
    """

    path: str
    answer: Answer
    act: Act = Act.READ
    is_form: bool = False
    quiet: bool = False


def whole(text: str) -> int | None:
    """Return a whole number that fits into the database, or None."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    return int(text)


def here(request: Request) -> str:
    """Return the address that was asked for, without the host."""
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def is_secure(request: Request) -> bool:
    """Whether people come by HTTPS, perhaps to somebody who passes it on, so that cookies may be kept to it."""
    return request.url.scheme == "https" or bool(request.app.state.is_https)


def theme_of(request: Request) -> str:
    """Return the theme that the reader chose, or nothing: then their system's counts."""
    theme = request.cookies.get(THEME, "")
    return theme if theme in THEMES else ""
