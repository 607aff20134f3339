"""What a new workspace holds before anyone has done anything: people, channels and installed apps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

DEFAULT_SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "reactions:read",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "users:read",
    "users:read.email",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedPerson:
    """A member of the workspace; `name` is also what comes before the @ of their e-mail address."""

    name: str
    real_name: str
    title: str = ""
    is_admin: bool = False
    is_deactivated: bool = False

    @property
    def id(self) -> str:
        """Always the same for a name, so that tests and notes may use it."""
        return f"U0{_letters(self.name).ljust(6, '0')}1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedChannel:
    """A channel; `members` names people, None meaning everyone. Apps listed in `apps` are in it as well."""

    name: str
    topic: str = ""
    members: tuple[str, ...] | None = None
    apps: tuple[str, ...] = ()
    is_private: bool = False
    is_archived: bool = False

    @property
    def id(self) -> str:
        """Always the same for a name."""
        return f"C0{_letters(self.name)[:9].ljust(9, '0')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlashCommand:
    """A command of an app, with its slash."""

    command: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """A shortcut of an app, started from anywhere (`global`) or from a message."""

    callback_id: str
    name: str
    type: str = "global"
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedApp:
    """An installed app. With a `request_url` it is spoken to over signed HTTP, otherwise by Socket Mode."""

    name: str
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    commands: tuple[SlashCommand, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    events: tuple[str, ...] = ("app_home_opened", "app_mention", "message.channels")
    home: bool = True
    messages_tab: bool = True
    interactivity: bool = True
    request_url: str | None = None
    redirect_urls: tuple[str, ...] = ()
    rotates_tokens: bool = False
    distinction: str = field(default="1", repr=False)

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any], *, request_url: str | None = None) -> Self:
        """Read an app manifest (the JSON of https://docs.slack.dev/reference/app-manifest) as Slack does."""
        features, settings = manifest.get("features", {}), manifest.get("settings", {})
        events = settings.get("event_subscriptions", {})
        home = features.get("app_home", {})
        interactivity = settings.get("interactivity", {})
        http = None if settings.get("socket_mode_enabled") else interactivity.get("request_url")
        return cls(
            name=manifest["display_information"]["name"],
            scopes=tuple(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", ())),
            commands=tuple(SlashCommand(**_known(SlashCommand, each)) for each in features.get("slash_commands", ())),
            shortcuts=tuple(Shortcut(**_known(Shortcut, each)) for each in features.get("shortcuts", ())),
            events=tuple(events.get("bot_events", ())),
            home=bool(home.get("home_tab_enabled")),
            messages_tab=bool(home.get("messages_tab_enabled", True)),
            interactivity=bool(interactivity.get("is_enabled")),
            request_url=request_url or http,
            redirect_urls=tuple(manifest.get("oauth_config", {}).get("redirect_urls", ())),
            rotates_tokens=bool(settings.get("token_rotation_enabled")),
        )

    @property
    def id(self) -> str:
        """The app id; the bot's ids and the secrets are made from the same letters."""
        return f"A0{self._letters}"

    @property
    def bot_user_id(self) -> str:
        return f"U0{self._letters}"

    @property
    def bot_id(self) -> str:
        return f"B0{self._letters}"

    @property
    def bot_token(self) -> str:
        kind = "xoxe.xoxb-1" if self.rotates_tokens else "xoxb"
        return f"{kind}-local-{self._letters.lower()}"

    @property
    def refresh_token(self) -> str:
        """The first one, which works once."""
        return f"xoxe-1-local-{self._letters.lower()}"

    @property
    def app_token(self) -> str:
        return f"xapp-local-{self._letters.lower()}"

    @property
    def signing_secret(self) -> str:
        return f"local-signing-{self._letters.lower()}"

    @property
    def client_id(self) -> str:
        return f"local.{self._letters.lower()}"

    @property
    def client_secret(self) -> str:
        return f"local-client-{self._letters.lower()}"

    @property
    def verification_token(self) -> str:
        return f"local-verification-{self._letters.lower()}"

    @property
    def _letters(self) -> str:
        return f"{_letters(self.name).ljust(6, '0')}{self.distinction}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedGroup:
    """A user group (@handle) and the people in it."""

    handle: str
    name: str
    members: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"S0{_letters(self.handle)[:9].ljust(9, '0')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A whole workspace."""

    team_id: str = "T0HARBOUR1"
    name: str = "Harbour"
    domain: str = "harbour"
    people: tuple[SeedPerson, ...]
    channels: tuple[SeedChannel, ...]
    apps: tuple[SeedApp, ...]
    groups: tuple[SeedGroup, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def chorus_app(manifest: Mapping[str, Any] | None = None, *, request_url: str | None = None) -> SeedApp:
    """The app called Chorus, as its manifest says or, without one, with what most apps ask for."""
    if manifest is not None:
        return SeedApp.from_manifest(manifest, request_url=request_url)
    commands = (SlashCommand(command="/chorus", description="Ask Chorus", usage_hint="help"),)
    return SeedApp(name="Chorus", commands=commands, request_url=request_url)


def harbour(app: SeedApp | None = None, *, links: tuple[tuple[str, str], ...] = ()) -> Seed:
    """Harbour, a fictional company that makes small e-readers, with one app in all its channels."""
    app = app or chorus_app()
    apps = (app.name,)
    return Seed(
        people=(
            SeedPerson(name="ana", real_name="Ana Reyes", title="Social care"),
            SeedPerson(name="ben", real_name="Ben Okafor", title="Engineering"),
            SeedPerson(name="mara", real_name="Mara Lindqvist", title="Community manager"),
            SeedPerson(name="ruth", real_name="Ruth Adler", title="Compliance reviewer"),
            SeedPerson(name="theo", real_name="Theo Marchetti", title="Workspace admin", is_admin=True),
        ),
        channels=(
            SeedChannel(name="general", topic="Everyone at Harbour", apps=apps),
            SeedChannel(name="mentions", topic="What people say about us", apps=apps),
            SeedChannel(name="mentions-reddit", topic="What people say about us on Reddit", apps=apps),
            SeedChannel(name="chorus-ops", topic="Is Chorus well?", members=("mara", "theo"), apps=apps),
            SeedChannel(name="compliance", topic="Reviews and sign-offs", members=("mara", "ruth", "theo"), apps=apps),
        ),
        apps=(app,),
        groups=(
            SeedGroup(handle="social-care", name="Social care", members=("ana", "mara")),
            SeedGroup(handle="reviewers", name="Compliance reviewers", members=("ruth",)),
        ),
        links=links,
    )


def _letters(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


def _known(of: type[SlashCommand] | type[Shortcut], values: Mapping[str, Any]) -> dict[str, Any]:
    known = {each.name for each in fields(of)}
    return {key: value for key, value in values.items() if key in known}
