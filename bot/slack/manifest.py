"""The Slack app's manifest: the one place that says which scopes, events, commands and shortcuts Chorus has."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.slack.blocks import Json

COMMAND = "/chorus"

SCOPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "commands": ("commands", "shortcuts"),
        "chat:write": ("chat.postMessage", "chat.update"),
        "channels:history": ("conversations.history",),
        "groups:history": ("conversations.history",),
        "channels:join": ("conversations.join",),
        "users:read": ("users.info",),
        "usergroups:read": ("usergroups.users.list",),
    }
)
"""Each scope with what it is for. A test finds every method that the code calls in here, and nothing else."""

SCOPELESS = frozenset(
    {
        "auth.test",
        "apps.connections.open",
        "chat.getPermalink",
        "views.open",
        "views.push",
        "views.update",
        "views.publish",
    }
)
"""Methods that we call and that need no scope."""


USER_SCOPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"openid": ("openid.connect.token",), "profile": ("openid.connect.token",)}
)
"""What people allow when they sign in to the console: to be known, with their name."""


def manifest(*, request_url: str = "", sign_in_url: str = "", rotates_tokens: bool = False) -> Json:
    """Return the manifest to paste when the app is created. With `request_url` Slack calls us over HTTP instead; with
    `sign_in_url`, the address to which Slack sends people back, they sign in to the console."""
    by_socket = not request_url
    address = {} if by_socket else {"request_url": request_url}
    command = {
        "command": COMMAND,
        "description": "Your work, the limits, the stop switch",
        "usage_hint": "help",
        "should_escape": False,
    }
    return {
        "display_information": {
            "name": "Chorus",
            "description": "Takes part in the conversations that exist about us, as a team",
            "background_color": "#2b4a5e",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Chorus", "always_online": True},
            "slash_commands": [command | ({} if by_socket else {"url": request_url})],
            "shortcuts": [
                {
                    "name": "Draft a reply",
                    "type": "message",
                    "callback_id": "draft_reply",
                    "description": "Answer the conversation that this card shows",
                },
                {
                    "name": "Handle this link",
                    "type": "global",
                    "callback_id": "handle_link",
                    "description": "Paste the address of a public post and get its card",
                },
            ],
        },
        "oauth_config": _oauth(sign_in_url),
        "settings": {
            "event_subscriptions": {"bot_events": ["app_home_opened"], **address},
            "interactivity": {"is_enabled": True, **address},
            "org_deploy_enabled": False,
            "socket_mode_enabled": by_socket,
            "token_rotation_enabled": rotates_tokens,
        },
    }


def _oauth(sign_in_url: str) -> Json:
    if not sign_in_url:
        return {"scopes": {"bot": sorted(SCOPES)}}
    return {"redirect_urls": [sign_in_url], "scopes": {"bot": sorted(SCOPES), "user": sorted(USER_SCOPES)}}
