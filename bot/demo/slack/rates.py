"""Slack's rate limits: a number of calls a minute for each method, one message a second for each channel."""

import math
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Tier(Enum):
    """Calls a minute that Slack promises for a method, per workspace and app."""

    ONE = 1
    TWO = 20
    THREE = 50
    FOUR = 100
    SPECIAL = 600


@dataclass(frozen=True, slots=True)
class Rates:
    """How strict to be: `factor` multiplies every tier, `burst` messages may come at once in a channel."""

    factor: float = 1.0
    messages_per_second: float = 1.0
    burst: int = 3
    workspace_per_minute: int = 600


OFF: Rates | None = None


class RateLimiter:
    """Counts calls in sliding windows of a minute. With `rates=None` it lets everything through."""

    def __init__(self, rates: Rates | None, now: Callable[[], float]) -> None:
        self.rates = rates
        self._now = now
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._buckets: dict[str, tuple[float, float]] = {}

    def call(self, app: str, method: str, tier: Tier) -> int:
        """Count a call; return 0, or after how many whole seconds to try again."""
        if self.rates is None:
            return 0
        return self._window((app, method), max(1, int(tier.value * self.rates.factor)))

    def message(self, app: str, channel: str) -> int:
        """Count a message in a channel; return 0, or after how many whole seconds to try again."""
        if self.rates is None:
            return 0
        wait = self._bucket(channel, self.rates)
        return wait or self._window((app, "messages"), self.rates.workspace_per_minute)

    def _window(self, key: tuple[str, str], allowed: int) -> int:
        with self._lock:
            now, calls = self._now(), self._calls[key]
            while calls and calls[0] <= now - 60:
                calls.popleft()
            if len(calls) >= allowed:
                return max(1, math.ceil(calls[0] + 60 - now))
            calls.append(now)
            return 0

    def _bucket(self, channel: str, rates: Rates) -> int:
        with self._lock:
            now = self._now()
            left, at = self._buckets.get(channel, (float(rates.burst), now))
            left = min(float(rates.burst), left + (now - at) * rates.messages_per_second)
            if left < 1:
                self._buckets[channel] = (left, now)
                return max(1, math.ceil((1 - left) / rates.messages_per_second))
            self._buckets[channel] = (left - 1, now)
            return 0
