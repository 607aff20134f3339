"""The schema, step by step."""

from pathlib import Path

PROCRASTINATE_SCHEMA = Path(__file__).parent / "sql" / "procrastinate-3.10.0.sql"
"""The job engine's own schema, as its release 3.10.0 ships it (MIT licence); kept so that a migration never changes."""
