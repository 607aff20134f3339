"""`auth.*`, `apps.*`, `api.test`, `team.info`, `bots.info`: who is calling, and opening a socket."""

from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.rates import Tier
from bot.demo.slack.services import Services
from bot.demo.slack.web_api.call import ANY, Call, method, public_method


@public_method("api.test")
def api_test(_: Services, arguments: Json) -> Json:
    if error := arguments.get("error"):
        raise SlackError(str(error), args=arguments)
    return {"args": {key: value for key, value in arguments.items() if key != "token"}}


@method("auth.test", tier=Tier.SPECIAL, tokens=ANY)
def auth_test(call: Call) -> Json:
    team, user = call.slack.state.team, call.slack.state.user(call.token.user) or {}
    answer = {"url": f"{call.slack.origin}/", "team": team["name"], "team_id": team["id"]}
    answer |= {"user": user.get("name", ""), "user_id": call.token.user, "is_enterprise_install": False}
    return answer | ({"bot_id": call.token.app.bot_id} if call.token.kind == "bot" else {})


@method("auth.revoke", tokens=ANY)
def auth_revoke(call: Call) -> Json:
    if not call.flag("test"):
        call.slack.tokens.revoke(call.arguments["token"])
    return {"revoked": not call.flag("test")}


@method("auth.teams.list", tier=Tier.TWO)
def teams(call: Call) -> Json:
    team = call.slack.state.team
    return {"teams": [{"id": team["id"], "name": team["name"]}], "response_metadata": {"next_cursor": ""}}


@method("apps.connections.open", tier=Tier.THREE, tokens=frozenset({"app"}))
def connections_open(call: Call) -> Json:
    return {"url": call.slack.delivery.sockets.new_url(call.token.app.id)}


@method("team.info", "team:read")
def team_info(call: Call) -> Json:
    team = call.slack.state.team
    return {"team": team | {"email_domain": f"{team['domain']}.example", "icon": {"image_default": True}}}


@method("bots.info", "users:read")
def bot_info(call: Call) -> Json:
    for app in call.slack.state.apps.values():
        if app.bot_id == call.text("bot", call.token.app.bot_id):
            bot = {"id": app.bot_id, "deleted": False, "name": app.name, "updated": 0}
            return {"bot": bot | {"app_id": app.id, "user_id": app.bot_user_id, "icons": {}}}
    raise SlackError("bot_not_found")


@method("emoji.list", "emoji:read", tier=Tier.TWO)
def emoji(call: Call) -> Json:
    return {"emoji": {}, "cache_ts": call.slack.state.new_ts()}
