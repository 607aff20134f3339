"""`openid.connect.*` and `oauth.v2.access`: turning the code of a sign-in into tokens."""

from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.rates import Tier
from bot.demo.slack.services import Services
from bot.demo.slack.signin import Grant
from bot.demo.slack.tokens import LIFETIME
from bot.demo.slack.web_api.call import Call, method, public_method


@public_method("openid.connect.token")
def openid_token(slack: Services, arguments: Json) -> Json:
    grant = _redeemed(slack, arguments)
    token = slack.tokens.issue_user_token(grant.request.app, grant.user, grant.request.scopes)
    return {"access_token": token, "token_type": "Bearer", "id_token": slack.signin.id_token(grant, token)}


@method("openid.connect.userInfo", "openid", tier=Tier.SPECIAL, tokens=frozenset({"user"}))
def openid_user_info(call: Call) -> Json:
    return call.slack.signin.claims(call.token.user, call.token.scopes)


@public_method("oauth.v2.access")
def oauth_access(slack: Services, arguments: Json) -> Json:
    if arguments.get("grant_type") == "refresh_token":
        return _refreshed(slack, arguments)
    grant = _redeemed(slack, arguments)
    app, team = grant.request.app, slack.state.team
    slack.tokens.restore(app.bot_token)
    return {
        "access_token": app.bot_token,
        "token_type": "bot",
        "scope": ",".join(app.scopes),
        "bot_user_id": app.bot_user_id,
        "app_id": app.id,
        "team": {"id": team["id"], "name": team["name"]},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": grant.user},
    }


def _refreshed(slack: Services, arguments: Json) -> Json:
    asked = tuple(str(arguments.get(key) or "") for key in ("client_id", "client_secret"))
    app = next((each for each in slack.state.apps.values() if each.client_id == asked[0]), None)
    if app is None:
        raise SlackError("invalid_client_id")
    if app.client_secret != asked[1]:
        raise SlackError("bad_client_secret")
    access, refresh = slack.tokens.refresh(app, str(arguments.get("refresh_token") or ""))
    return {
        "access_token": access,
        "refresh_token": refresh,
        "expires_in": LIFETIME,
        "token_type": "bot",
        "scope": ",".join(slack.tokens.find(access).scopes),
        "bot_user_id": app.bot_user_id,
        "app_id": app.id,
        "team": {"id": slack.state.team["id"], "name": slack.state.team["name"]},
    }


def _redeemed(slack: Services, arguments: Json) -> Grant:
    if arguments.get("grant_type") not in (None, "", "authorization_code"):
        raise SlackError("invalid_grant_type")
    keys = ("code", "client_id", "client_secret", "redirect_uri")
    return slack.signin.redeem(*(str(arguments.get(key) or "") for key in keys))
