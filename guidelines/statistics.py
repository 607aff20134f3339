"""Intervals for counts that are too small to trust bare."""

from math import sqrt


def wilson(part: int, whole: int, z: float = 1.96) -> tuple[float, float]:
    """Return Wilson's score interval for the share `part / whole` (Wilson 1927); `z` 1.96 is 95 %."""
    if whole <= 0:
        return 0.0, 1.0
    share = part / whole
    scale = 1 + z * z / whole
    centre = (share + z * z / (2 * whole)) / scale
    spread = z * sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole)) / scale
    return max(0.0, centre - spread), min(1.0, centre + spread)
