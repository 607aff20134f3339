"""Misbehaviour on demand: everything that Slack or the network in between has been seen to do."""

import threading
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFault:
    """What happens to a Web API call. With `performed` the call takes effect all the same: only its answer is lost."""

    status: int = 200
    error: str = ""
    retry_after: int | None = None
    hang: float = 0.0
    performed: bool = False


class Faults:
    """Each fault is armed for a number of times and then spent; nothing happens unless it is armed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[str, list[CallFault]] = {}
        self._armed: Counter[str] = Counter()
        self.clock_skew = 0.0
        """Seconds added to the timestamp of signed HTTP requests."""

    def rate_limit(self, method: str, *, retry_after: int = 1, times: int = 1) -> None:
        """Answer the next calls with 429."""
        self._arm_call(method, CallFault(status=429, error="ratelimited", retry_after=retry_after), times)

    def server_error(self, method: str, *, status: int = 503, performed: bool = False, times: int = 1) -> None:
        """Answer the next calls with a 5xx and a page that is no JSON."""
        self._arm_call(method, CallFault(status=status, performed=performed), times)

    def error(self, method: str, code: str, *, times: int = 1) -> None:
        """Answer the next calls with `ok: false` and this error."""
        self._arm_call(method, CallFault(error=code), times)

    def hang(self, method: str, seconds: float, *, performed: bool = False, times: int = 1) -> None:
        """Answer the next calls only after so long, and then with a 504."""
        self._arm_call(method, CallFault(status=504, hang=seconds, performed=performed), times)

    def drop_acks(self, times: int = 1) -> None:
        """Lose the app's next acknowledgements of envelopes or HTTP deliveries."""
        self._arm("ack", times)

    def duplicate(self, times: int = 1) -> None:
        """Deliver the next events twice."""
        self._arm("duplicate", times)

    def reorder(self, times: int = 1) -> None:
        """Deliver the next event only after the one that follows it."""
        self._arm("reorder", times)

    def lose_events(self, times: int = 1) -> None:
        """Never deliver the next events."""
        self._arm("lose", times)

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._calls.clear()
            self._armed.clear()
            self.clock_skew = 0.0

    def take_call(self, method: str) -> CallFault | None:
        """Spend the next fault armed for a method or for every method (`*`)."""
        with self._lock:
            for key in (method, "*"):
                if self._calls.get(key):
                    return self._calls[key].pop(0)
        return None

    def take(self, name: str) -> bool:
        """Spend one fault of this name, if one is armed."""
        with self._lock:
            if not self._armed[name]:
                return False
            self._armed[name] -= 1
            return True

    def _arm_call(self, method: str, fault: CallFault, times: int) -> None:
        with self._lock:
            self._calls.setdefault(method, []).extend([fault] * times)

    def _arm(self, name: str, times: int) -> None:
        with self._lock:
            self._armed[name] += times
