"""A platform on a bad day: it refuses, breaks, and breaks after it has stored what it was sent. Always the same way."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.demo.plaza import Plaza
from connectors.fault_proxy import FaultProxy, Mishap, Seen, Trouble

_TROUBLES: tuple[tuple[str, float, Trouble], ...] = (
    ("429", 0.10, Trouble(status=429, body='{"error": "Too many requests"}', headers={"Retry-After": "1"})),
    ("503, not stored", 0.05, Trouble(status=503)),
    ("503, stored", 0.07, Trouble(status=503, stored=True)),
    ("dropped, stored", 0.06, Trouble(Mishap.DROP, stored=True)),
)


class RoughProxy(FaultProxy):
    """Spoils the answers to writes by chance; the chance is seeded."""

    def __init__(self, upstream: str, seed: int) -> None:
        super().__init__(upstream)
        self.spoiled: Counter[str] = Counter()
        self._dice = random.Random(seed)  # noqa: S311 - a repeatable choice, nothing secret

    def take(self, seen: Seen) -> Trouble | None:
        planned = super().take(seen)
        return planned or (self._by_chance() if seen.is_write else None)

    def _by_chance(self) -> Trouble | None:
        drawn = self._dice.random()
        for name, share, trouble in _TROUBLES:
            if drawn < share:
                self.spoiled[name] += 1
                return trouble
            drawn -= share
        return None


@dataclass(frozen=True, slots=True)
class RoughPlatform:
    """Plaza, and the proxy before it that the company speaks to."""

    plaza: Plaza
    proxy: RoughProxy


@contextmanager
def rough_platform(seed: int, *, lag: float) -> Iterator[RoughPlatform]:
    """Run the platform. It ignores idempotency keys, as some servers do, and shows new posts `lag`
    seconds late in their author's listing."""
    with Plaza(lively=False) as plaza, RoughProxy(plaza.url, seed) as proxy:
        plaza.faults.honour_keys = False
        plaza.faults.own_posts_lag = lag
        plaza.faults.rate_limit = 1_000_000
        yield RoughPlatform(plaza, proxy)
