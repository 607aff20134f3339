"""How connectors are found, and what happens to those that cannot be used."""

from importlib.metadata import EntryPoint

import pytest

from connectors import registry
from connectors.base import API_VERSION
from connectors.mastodon import SPEC, MastodonConnector
from connectors.registry import GROUP, UnknownConnector, discover


class FromTheFuture(MastodonConnector):
    """A connector written for a later contract."""

    spec = type(SPEC)(**{name: getattr(SPEC, name) for name in SPEC.__slots__} | {"api_version": API_VERSION + 1})


class Silent:
    """Something that is no connector at all."""


class Half:
    """Something with a spec and nothing to do."""

    spec = SPEC


class Broken:
    """A connector that cannot be made."""

    def __init__(self) -> None:
        raise OSError("The licence has run out.")


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=GROUP)


MASTODON = point("mastodon", "connectors.mastodon:MastodonConnector")


def test_the_built_in_connector_comes_the_same_way_as_anyone_elses() -> None:
    found = discover()
    assert isinstance(found.get("mastodon"), MastodonConnector)
    assert all(failure.name != "mastodon" for failure in found.failures)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("absent", "no_such_package.nowhere:Connector", "ModuleNotFoundError"),
        ("absent", "connectors.mastodon:NoSuchName", "AttributeError"),
        ("broken", f"{__name__}:Broken", "The licence has run out."),
        ("mastodon", f"{__name__}:FromTheFuture", f"written for version {API_VERSION + 1}"),
        ("silent", f"{__name__}:Silent", "has no spec"),
        ("mastodon", f"{__name__}:Half", "lacks check, fetch"),
        ("other", "connectors.mastodon:MastodonConnector", "calls itself “mastodon”"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_reported_and_stops_nothing(name: str, value: str, reason: str) -> None:
    neighbour = [] if name == "mastodon" else [MASTODON]
    found = discover([point(name, value), *neighbour])
    assert list(found.connectors) == [one.name for one in neighbour]
    [failure] = found.failures
    assert failure.name == name
    assert reason in failure.reason


def test_of_two_connectors_with_one_name_neither_is_used() -> None:
    found = discover([MASTODON, point("mastodon", f"{__name__}:Half")])
    assert not found.connectors
    assert ["Several packages" in failure.reason for failure in found.failures] == [True, True]


def test_asking_for_what_is_not_there_says_what_is() -> None:
    with pytest.raises(UnknownConnector, match=r"no connector “myspace”\. Installed: mastodon"):
        discover([MASTODON]).get("myspace")
    with pytest.raises(UnknownConnector, match=r"installed but cannot be used.*licence"):
        discover([point("broken", f"{__name__}:Broken")]).get("broken")
    with pytest.raises(UnknownConnector, match="Installed: none"):
        discover([]).get("mastodon")


def test_the_contract_it_checks_is_the_whole_contract() -> None:
    assert {"check", "fetch", "thread", "refresh", "reply", "find_own_reply", "outcomes"} <= set(registry._METHODS)
