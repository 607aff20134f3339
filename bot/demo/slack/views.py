"""The modals that each person has open, one stack per person, and the Homes that apps have published for them."""

import secrets
import threading
from collections import defaultdict

from bot.demo.slack.delivery import new_key
from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.identify import identified
from bot.demo.slack.inputs import Values, current
from bot.demo.slack.live import Live
from bot.demo.slack.seed import SeedApp
from bot.demo.slack.state import State

MAX_STACK = 3


class Views:
    """Modals live in memory, as in a client that is reloaded when the server restarts; Homes are kept."""

    def __init__(self, state: State, live: Live) -> None:
        self.lock = threading.RLock()
        self._state = state
        self._live = live
        self._stacks: dict[str, list[Json]] = defaultdict(list)

    def stack(self, user: str) -> list[Json]:
        """The user's open modals, from the bottom to the top."""
        with self.lock:
            return list(self._stacks[user])

    def open(self, user: str, app: SeedApp, content: Json) -> Json:
        """Open a modal; whatever was open goes."""
        with self.lock:
            view = self._new(app, content)
            view["root_view_id"] = view["id"]
            self._stacks[user] = [view]
        self._show(user)
        return view

    def push(self, user: str, app: SeedApp, content: Json) -> Json:
        """Put a modal on top of the open ones; raises `push_limit_reached` at three."""
        with self.lock:
            stack = self._stacks[user]
            if len(stack) >= MAX_STACK:
                raise SlackError("push_limit_reached")
            view = self._new(app, content)
            view["root_view_id"] = stack[0]["id"] if stack else view["id"]
            view["previous_view_id"] = stack[-1]["id"] if stack else None
            stack.append(view)
        self._show(user)
        return view

    def update(self, app: SeedApp, key: str, content: Json, *, known_hash: str | None = None) -> Json:
        """Replace a modal or a Home found by id or external id; what was typed stays where both ids are the same."""
        with self.lock:
            user, old = self._find(app, key)
            _refuse_stale(old, known_hash)
            if old["type"] != content["type"]:
                raise SlackError("invalid_arguments", response_metadata=_message("a view cannot change its type"))
            if (external := content.get("external_id")) and external != old["external_id"]:
                self._refuse_taken(external)
            view = self._renewed(old, content)
            if old["type"] == "home":
                return self._keep_home(user, app, view)
            stack = self._stacks[user]
            stack[[each["id"] for each in stack].index(old["id"])] = view
        self._show(user)
        return view

    def publish(self, user: str, app: SeedApp, content: Json, *, known_hash: str | None = None) -> Json:
        """Show a Home tab to one user."""
        with self.lock:
            old = self.home(user, app)
            if old is None:
                view = self._new(app, content)
                view["root_view_id"] = view["id"]
            else:
                _refuse_stale(old, known_hash)
                view = self._renewed(old, content)
            return self._keep_home(user, app, view)

    def home(self, user: str, app: SeedApp) -> Json | None:
        return self._state.document("home", f"{app.id}:{user}")

    def get(self, user: str, view_id: str) -> Json | None:
        """A modal this user has open, or a Home published for them."""
        homes = (self.home(user, app) for app in self._state.apps.values())
        return next((each for each in (*self.stack(user), *homes) if each and each["id"] == view_id), None)

    def remember(self, user: str, view: Json, given: Values) -> Json:
        """Store what the person has entered in a view so far and return the view with it."""
        with self.lock:
            now = self.get(user, view["id"]) or view
            now = {**now, "state": {"values": current(now["blocks"], now["state"]["values"], given)}}
            if now["type"] == "home":
                self._state.put("home", f"{now['app_id']}:{user}", now)
            else:
                stack = self._stacks[user]
                self._stacks[user] = [now if each["id"] == now["id"] else each for each in stack]
            return now

    def close(self, user: str, view_id: str, *, everything: bool = False) -> list[Json]:
        """Close a view and those above it, or all of them; return the closed ones, topmost first."""
        with self.lock:
            stack = self._stacks[user]
            ids = [each["id"] for each in stack]
            if view_id not in ids:
                return []
            first = 0 if everything else ids.index(view_id)
            self._stacks[user], closed = stack[:first], stack[first:]
        self._show(user)
        return closed[::-1]

    def _find(self, app: SeedApp, key: str) -> tuple[str, Json]:
        for user, stack in self._stacks.items():
            for view in stack:
                if key in (view["id"], view["external_id"]) and view["app_id"] == app.id:
                    return user, view
        for member in self._state.users():
            home = self.home(member["id"], app)
            if home is not None and key in (home["id"], home["external_id"]):
                return member["id"], home
        raise SlackError("not_found")

    def _new(self, app: SeedApp, content: Json) -> Json:
        if external := content.get("external_id"):
            self._refuse_taken(external)
        team = self._state.seed.team_id
        fixed = {"id": new_key("V0"), "team_id": team, "app_id": app.id, "app_installed_team_id": team}
        return _complete(content) | fixed | {"bot_id": app.bot_id, "previous_view_id": None, "hash": self._new_hash()}

    def _renewed(self, old: Json, content: Json) -> Json:
        kept = ("id", "team_id", "app_id", "app_installed_team_id", "bot_id", "previous_view_id", "root_view_id")
        view = _complete(content) | {key: old[key] for key in kept} | {"hash": self._new_hash()}
        values = current(view["blocks"], _same_type(view["blocks"], old), {})
        return view | {"state": {"values": values}}

    def _new_hash(self) -> str:
        return f"{self._state.new_ts()[:-4]}.{secrets.token_hex(4)}"

    def _refuse_taken(self, external: str) -> None:
        if any(view["external_id"] == external for stack in self._stacks.values() for view in stack):
            raise SlackError("duplicate_external_id")

    def _keep_home(self, user: str, app: SeedApp, view: Json) -> Json:
        self._state.put("home", f"{app.id}:{user}", view)
        self._live.push([user], {"type": "home", "app": app.id, "view": view})
        return view

    def _show(self, user: str) -> None:
        self._live.push([user], {"type": "views", "views": self.stack(user)})


def _complete(content: Json) -> Json:
    blocks = identified(content["blocks"])
    return {
        "type": content["type"],
        "blocks": blocks,
        "private_metadata": content.get("private_metadata") or "",
        "callback_id": content.get("callback_id") or "",
        "external_id": content.get("external_id") or "",
        "title": content.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
        "submit": content.get("submit"),
        "close": content.get("close"),
        "clear_on_close": bool(content.get("clear_on_close")),
        "notify_on_close": bool(content.get("notify_on_close")),
        "submit_disabled": bool(content.get("submit_disabled")),
        "state": {"values": current(blocks, {}, {})},
    }


def _same_type(blocks: list[Json], old: Json) -> Values:
    """The old values without those whose element has become another kind."""
    new = current(blocks, {}, {})
    return {
        where: {
            name: held for name, held in named.items() if new.get(where, {}).get(name, {}).get("type") == held["type"]
        }
        for where, named in old["state"]["values"].items()
    }


def _refuse_stale(view: Json, known_hash: str | None) -> None:
    if known_hash and known_hash != view["hash"]:
        raise SlackError("hash_conflict")


def _message(text: str) -> Json:
    return {"messages": [f"[ERROR] {text} [json-pointer:/view]"]}
