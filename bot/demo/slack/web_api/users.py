"""`users.*` and `usergroups.*`: people and groups of them."""

from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.rates import Tier
from bot.demo.slack.web_api.call import Call, method


@method("users.info", "users:read", tier=Tier.FOUR)
def info(call: Call) -> Json:
    user = call.slack.state.user(call.need("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": _shown(call, user)}


@method("users.list", "users:read", tier=Tier.TWO)
def list_all(call: Call) -> Json:
    found = call.paginated("members", [_shown(call, each) for each in call.slack.state.users()], default=1000)
    return {**found, "cache_ts": int(call.slack.state.now())}


@method("users.lookupByEmail", "users:read.email")
def lookup_by_email(call: Call) -> Json:
    wanted = call.need("email").lower()
    for user in call.slack.state.users():
        if user["profile"].get("email", "").lower() == wanted and not user.get("deleted"):
            return {"user": _shown(call, user)}
    raise SlackError("users_not_found")


@method("users.profile.get", "users.profile:read", "users:read", tier=Tier.FOUR)
def profile(call: Call) -> Json:
    return {"profile": info(call)["user"]["profile"]}


@method("users.getPresence", "users:read")
def presence(call: Call) -> Json:
    user = call.need("user")
    return {"presence": "active" if call.slack.live.watches(user) else "away"}


@method("usergroups.list", "usergroups:read", tier=Tier.TWO)
def groups(call: Call) -> Json:
    found = [{**each, "user_count": len(each["users"])} for each in call.slack.state.documents("usergroup")]
    if not call.flag("include_users"):
        found = [{key: value for key, value in each.items() if key != "users"} for each in found]
    return {"usergroups": found}


@method("usergroups.users.list", "usergroups:read", tier=Tier.TWO)
def group_members(call: Call) -> Json:
    group = call.slack.state.document("usergroup", call.need("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": group["users"]}


def _shown(call: Call, user: Json) -> Json:
    """Without `users:read.email` a profile has no e-mail address."""
    if "users:read.email" in call.token.scopes:
        return user
    return {**user, "profile": {key: value for key, value in user["profile"].items() if key != "email"}}
