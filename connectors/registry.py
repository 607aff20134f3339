"""Finds the installed connectors by their entry points. One that fails to load is reported and stops nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import cast

from connectors.base import API_VERSION, Connector, Spec

GROUP = "chorus.connectors"
"""The entry-point group in which a package offers a connector class under its platform's name."""

_METHODS = tuple(name for name, member in vars(Connector).items() if callable(member) and not name.startswith("_"))


class UnknownConnector(LookupError):
    """Nothing is installed under this name; the message says what is."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A connector that was found and could not be used, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registry:
    """The connectors that work, by name, and those that do not."""

    connectors: Mapping[str, Connector]
    failures: tuple[Failure, ...] = ()

    def get(self, name: str) -> Connector:
        """Return the connector of this name; raises `UnknownConnector`."""
        if (connector := self.connectors.get(name)) is not None:
            return connector
        for failure in self.failures:
            if failure.name == name:
                raise UnknownConnector(f"The connector “{name}” is installed but cannot be used: {failure.reason}")
        installed = ", ".join(sorted(self.connectors)) or "none"
        raise UnknownConnector(f"There is no connector “{name}”. Installed: {installed}.")


class _RefusedError(Exception):
    """What was loaded is no connector that this host can use."""


def discover(points: Iterable[EntryPoint] | None = None) -> Registry:
    """Load every connector in the group. Of two with one name, neither is used: which one posts must not be chance."""
    found = sorted(entry_points(group=GROUP) if points is None else points, key=lambda point: (point.name, point.value))
    names = [point.name for point in found]
    connectors: dict[str, Connector] = {}
    failures: list[Failure] = []
    for point in found:
        try:
            _refuse_namesakes(point, names)
            connectors[point.name] = _load(point)
        except _RefusedError as refusal:
            failures.append(Failure(point.name, str(refusal)))
    return Registry(MappingProxyType(connectors), tuple(failures))


def _refuse_namesakes(point: EntryPoint, names: list[str]) -> None:
    if names.count(point.name) > 1:
        raise _RefusedError(
            f"Several packages offer a connector “{point.name}” (this one: {point.value}). Remove all but one."
        )


def _load(point: EntryPoint) -> Connector:
    try:
        connector: object = point.load()()
    except Exception as error:  # A stranger's code may raise anything, and must not take the bot down.
        raise _RefusedError(f"It could not be loaded: {type(error).__name__}: {error}") from error
    return _accept(point.name, connector)


def _accept(name: str, connector: object) -> Connector:
    spec = getattr(connector, "spec", None)
    if not isinstance(spec, Spec):
        raise _RefusedError(f"It is no connector: {type(connector).__name__} has no spec.")
    if spec.api_version != API_VERSION:
        raise _RefusedError(
            f"It was written for version {spec.api_version} of the contract; this host speaks {API_VERSION}."
        )
    if spec.name != name:
        raise _RefusedError(f"It is registered as “{name}” but calls itself “{spec.name}”.")
    missing = [method for method in _METHODS if not callable(getattr(connector, method, None))]
    if missing:
        raise _RefusedError(f"It is no connector: {type(connector).__name__} lacks {', '.join(missing)}.")
    return cast(Connector, connector)
