"""Sign in with Slack against the local Slack: the page, the code, the tokens and their signature."""

import base64
import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from local_slack_kit import Json, app_seed, client, local_slack, refusal
from slack_sdk import WebClient

from bot.demo.slack import LocalSlack

RETURN = "http://127.0.0.1:9999/signed-in"


@pytest.fixture(scope="module")
def slack() -> Iterator[LocalSlack]:
    with local_slack() as running:
        yield running


def authorize(slack: LocalSlack, **changes: str) -> httpx.Response:
    asked = {"client_id": slack.app.client_id, "redirect_uri": RETURN, "response_type": "code"}
    asked |= {"scope": "openid profile email", "state": "s1", "nonce": "n1", **changes}
    return httpx.get(f"{slack.origin}/openid/connect/authorize?{urlencode(asked)}")


def code(slack: LocalSlack, **changes: str) -> str:
    back = authorize(slack, user="U0MARA001", **changes).headers["location"]
    return parse_qs(urlsplit(back).query)["code"][0]


def redeem(slack: LocalSlack, key: str, **changes: str) -> Json:
    body = {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret, "redirect_uri": RETURN}
    answer = WebClient(base_url=slack.api_url).openid_connect_token(code=key, **{**body, **changes})
    data = answer.data
    assert isinstance(data, dict)
    return data


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_the_page_lets_one_choose_who_one_is(slack: LocalSlack) -> None:
    page = authorize(slack)
    assert page.status_code == 200
    assert "Sign in to Chorus with Harbour" in page.text
    assert all(name in page.text for name in ("Ana Reyes", "Mara Lindqvist", "Theo Marchetti"))
    assert "<script" not in page.text
    back = authorize(slack, user="U0MARA001")
    assert (back.status_code, back.headers["location"].startswith(f"{RETURN}?code=")) == (302, True)
    assert parse_qs(urlsplit(back.headers["location"]).query)["state"] == ["s1"]


def test_a_code_becomes_tokens_that_say_who_it_is(slack: LocalSlack) -> None:
    tokens = redeem(slack, code(slack))
    assert tokens["token_type"] == "Bearer"
    info = client(slack, tokens["access_token"]).openid_connect_userInfo()
    assert (info["sub"], info["email"], info["name"]) == ("U0MARA001", "mara@harbour.example", "Mara Lindqvist")
    assert info["https://slack.com/team_id"] == "T0HARBOUR1"
    assert refusal(client(slack, tokens["access_token"]).users_list)["error"] == "not_allowed_token_type"


def test_the_id_token_is_signed_with_the_published_key(slack: LocalSlack) -> None:
    tokens = redeem(slack, code(slack))
    head, claims, signature = tokens["id_token"].split(".")
    configuration = httpx.get(f"{slack.origin}/.well-known/openid-configuration").json()
    (key,) = httpx.get(configuration["jwks_uri"]).json()["keys"]
    assert json.loads(decoded(head)) == {"alg": "RS256", "typ": "JWT", "kid": key["kid"]}
    numbers = (int.from_bytes(decoded(key[name]), "big") for name in ("e", "n"))
    public = rsa.RSAPublicNumbers(*numbers).public_key()
    public.verify(decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    said = json.loads(decoded(claims))
    assert (said["iss"], said["aud"], said["nonce"]) == (configuration["issuer"], slack.app.client_id, "n1")
    assert (said["sub"], said["email"]) == ("U0MARA001", "mara@harbour.example")
    assert said["exp"] > said["iat"]


def test_what_is_not_asked_for_is_not_told(slack: LocalSlack) -> None:
    tokens = redeem(slack, code(slack, scope="openid"))
    assert "email" not in client(slack, tokens["access_token"]).openid_connect_userInfo().data


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"response_type": "token"},
        {"scope": "profile"},
        {"scope": "openid admin"},
        {"user": "U0CHORUS1"},
        {"user": "<b>"},
    ],
)
def test_a_bad_request_gets_no_code(slack: LocalSlack, wrong: dict[str, str]) -> None:
    answer = authorize(slack, **wrong)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "<b>" not in answer.text


def test_only_registered_addresses_are_returned_to() -> None:
    with local_slack(seed=app_seed(redirect_urls=("https://chorus.example/in",))) as slack:
        assert authorize(slack, user="U0ANA0001").status_code == 400
        for good in ("https://chorus.example/in", "https://chorus.example/in/slack"):
            assert authorize(slack, user="U0ANA0001", redirect_uri=good).status_code == 302
        assert authorize(slack, user="U0ANA0001", redirect_uri="https://chorus.example/into").status_code == 400


def test_a_code_works_once_for_its_app_and_address(slack: LocalSlack) -> None:
    api = WebClient(base_url=slack.api_url)
    key = code(slack)
    good = {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret, "redirect_uri": RETURN}
    for wrong, error in (
        ({"client_secret": "x"}, "bad_client_secret"),
        ({"client_id": "x"}, "invalid_client_id"),
        ({"redirect_uri": "http://127.0.0.1/"}, "bad_redirect_uri"),
        ({"grant_type": "magic"}, "invalid_grant_type"),
    ):
        assert refusal(api.openid_connect_token, code=key, **{**good, **wrong})["error"] == error
    redeem(slack, key)
    assert refusal(api.openid_connect_token, code=key, **good)["error"] == "code_already_used"
    assert refusal(api.openid_connect_token, code="made up", **good)["error"] == "invalid_code"


def test_an_app_is_installed_over_oauth(slack: LocalSlack) -> None:
    asked = {"client_id": slack.app.client_id, "scope": "chat:write", "redirect_uri": RETURN, "user": "U0THEO001"}
    back = httpx.get(f"{slack.origin}/oauth/v2/authorize?{urlencode(asked)}").headers["location"]
    installed = WebClient(base_url=slack.api_url).oauth_v2_access(
        client_id=slack.app.client_id,
        client_secret=slack.app.client_secret,
        code=parse_qs(urlsplit(back).query)["code"][0],
        redirect_uri=RETURN,
    )
    assert (installed["access_token"], installed["authed_user"]["id"]) == (slack.bot_token, "U0THEO001")
    assert installed["team"] == {"id": "T0HARBOUR1", "name": "Harbour"}
