"""What can be made to go wrong on Plaza, so that delivery can be tested against a platform that misbehaves."""

import threading
from dataclasses import dataclass, field


@dataclass
class Faults:
    """Switches that a test sets. A count is used up by one for each write that it spoils.

    `own_posts_lag` (seconds) keeps new posts out of their author's listing; `answer_delay` holds the answer to a stored
    post back; without `honour_keys` the Idempotency-Key is ignored, as some servers do; `rate_limit` is per 5 minutes.
    """

    own_posts_lag: float = 0.0
    answer_delay: float = 0.0
    fail_after_storing: int = 0
    fail_before_storing: int = 0
    too_many_writes: int = 0
    honour_keys: bool = True
    rate_limit: int = 3_000
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, name: str) -> bool:
        """Use one up; tell whether there was one."""
        with self._lock:
            left: int = getattr(self, name)
            if left > 0:
                setattr(self, name, left - 1)
            return left > 0
