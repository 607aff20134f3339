"""What the host promises about delivery holds for Mastodon's API against the package mastodon_mock, a real server."""

from collections.abc import Iterator

import pytest
from test_conformance_mastodon_mock import MockWorld, Server, server

from connectors.conformance import ConnectorConformance, FaultProxy
from connectors.conformance_promises import PromisesConformance

__all__ = ["server"]

pytestmark = pytest.mark.servers


class TestMastodonOnARealServer(ConnectorConformance, PromisesConformance):
    @pytest.fixture
    def world(self, server: Server) -> Iterator[MockWorld]:
        with FaultProxy(server.url) as proxy:
            yield MockWorld(server, proxy)
