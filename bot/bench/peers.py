"""Our checks beside libraries that people use for a part of the same work: on the same labelled replies, in one run."""

import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from bot.bench.row import Row, shown, timed
from bot.bench.stage import Stage
from guidelines import pack as packs
from guidelines.base import check
from guidelines.evaluate import Labelled, read_replies

UNSEEN = Path(__file__).parents[2] / "tests" / "data" / "unseen"
"""Where evaluators' replies lie, of which nothing was learnt."""

Finds = Callable[[str], bool]
Library = Any
"""A library that may not be installed, and of whose types nothing is known here."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A library, by its name in the package index, and the rule that asks for the same."""

    name: str
    rule: str
    load: Callable[[], Finds]


def rows(stage: Stage) -> Iterator[Row]:
    """Measure our rule, then its peers as far as they are installed."""
    replies = [reply for path in sorted(UNSEEN.glob("replies_*.jsonl")) for reply in read_replies(path)]
    if not replies:
        yield Row("peers", "", "needs the labelled replies in tests/data of a checkout")
        return
    replies = replies[: stage.size(len(replies), 20)]
    for rule in dict.fromkeys(peer.rule for peer in PEERS):
        yield _measured("chorus", rule, replies, _ours(rule, replies))
        for peer in PEERS:
            if peer.rule == rule:
                yield _beside(peer, replies)


def _beside(peer: Peer, replies: Sequence[Labelled]) -> Row:
    try:
        finds = peer.load()
    except ImportError:
        return Row(_named(peer.name, peer.rule), "", f"not installed: pip install {peer.name}")
    except AttributeError as error:
        # A release that was made for older versions of what we both use.
        return Row(_named(peer.name, peer.rule), "", f"does not load beside our libraries: {error}")
    return _measured(peer.name, peer.rule, replies, finds)


def _measured(name: str, rule: str, replies: Sequence[Labelled], finds: Finds) -> Row:
    found: list[bool] = []
    finds(replies[0].candidate.text)
    taken = timed(lambda reply: found.append(finds(reply.candidate.text)), replies)
    right = [rule in reply.rules for reply in replies]
    hits = sum(one and other for one, other in zip(found, right, strict=True))
    precision = f"{hits / sum(found):.2f}" if any(found) else "-"
    recall = f"{hits / sum(right):.2f}" if any(right) else "-"
    speed = shown(statistics.median(taken))
    return Row(_named(name, rule), "", f"precision {precision}, recall {recall}, p50 {speed}, {len(replies)} replies")


def _named(name: str, rule: str) -> str:
    return f"{rule}: {name}"


def _ours(rule: str, replies: Sequence[Labelled]) -> Finds:
    pack = packs.default()
    alone = replace(pack, rules=(pack.rule(rule),))
    candidates = {reply.candidate.text: reply.candidate for reply in replies}
    return lambda text: bool(check(candidates[text], alone).findings)


def _presidio() -> Finds:
    """Its recognisers of patterns: those of names and places need a language model that is fetched from elsewhere."""
    library: Library = import_module("presidio_analyzer.predefined_recognizers")
    kinds = ("EmailRecognizer", "PhoneRecognizer", "CreditCardRecognizer", "IbanRecognizer", "IpRecognizer")
    recognizers = [getattr(library, kind)() for kind in kinds]
    return lambda text: any(one.analyze(text, one.supported_entities, None) for one in recognizers)


def _better_profanity() -> Finds:
    library: Library = import_module("better_profanity").profanity
    return lambda text: bool(library.contains_profanity(text))


def _alt_profanity_check() -> Finds:
    library: Library = import_module("profanity_check")
    return lambda text: bool(library.predict([text])[0])


def _proselint() -> Finds:
    tools: Library = import_module("proselint.tools")
    register: Library = import_module("proselint.checks").__register__
    import_module("proselint.registry").CheckRegistry().register_many(register)
    return lambda text: bool(tools.LintFile("reply", text).lint())


def _humanus() -> Finds:
    """Its pack against set phrases; without a key it judges by its rules alone."""
    library: Library = import_module("humanus")
    pack = library.builtin_pack("ai-writing-tells")

    def finds(text: str) -> bool:
        request = {"schemaVersion": 1, "content": {"format": "text", "text": text}, "pack": pack}
        return bool(library.check(request, decision_model=None)["findings"])

    return finds


def _guardrails() -> Finds:
    """Its frame around one validator as small as can be: those with more in them came from a hub that has closed."""
    import_module("guardrails.settings").settings.rc.enable_metrics = False
    import_module("guardrails.utils.hub_telemetry_utils").HubTelemetry(enabled=False)
    base: Library = import_module("guardrails.validator_base")
    validator = base.register_validator(name="bench/private-data", data_type="string")(_mail_or_digits(base))
    guard = import_module("guardrails").Guard()
    guard.configure(allow_metrics_collection=False)
    guard.use(validator(on_fail="noop"))
    return lambda text: not guard.validate(text).validation_passed


def _mail_or_digits(base: Library) -> type:
    def validate(_self: Library, value: str, _metadata: Library) -> Library:
        found = re.search(r"\w@\w|\d(?:[ -]?\d){6}", value)
        return base.FailResult(error_message="private") if found else base.PassResult()

    return type("PrivateData", (base.Validator,), {"validate": validate})


PEERS = (
    Peer("presidio-analyzer", "private-data", _presidio),
    Peer("guardrails-ai", "private-data", _guardrails),
    Peer("better-profanity", "tone", _better_profanity),
    Peer("alt-profanity-check", "tone", _alt_profanity_check),
    Peer("proselint", "canned", _proselint),
    Peer("humanus", "canned", _humanus),
)
