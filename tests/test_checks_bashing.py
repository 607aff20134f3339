"""What runs down a rival that the pack names, and the plain facts about one that stay fine."""

import time

import pytest

from guidelines.base import Candidate
from guidelines.checks.registry import KINDS
from guidelines.reading import Reading

_BASHING = KINDS["bashing"]
CHECK = _BASHING.build(_BASHING.options.model_validate({"list": "rivals"}), {"rivals": ("Oakrun", "Brewmax", "Sennit")})


def is_bashing(text: str) -> bool:
    return bool(list(CHECK(Reading(Candidate(text, company=("Tidewell",))))))


@pytest.mark.parametrize(
    "text",
    [
        "Oakrun lids crack within a season, everyone knows it.",
        "Everyone knows Brewmax kettles leak.",
        "Sennit's heating elements burn out within months.",
        "I would not leave a Sennit alone, they cut out.",
        "Brewmax support never answers.",
        "Oakrun can't make a lid that closes.",
        "The Sennit overheats, ours never does.",
        "Brewmax just copies our designs and can't get it right.",
        "Sennit took our handle and put their name on it.",
        "The Oakrun is a cheap copy of the K2.",
        "At least ours doesn't catch fire like a Sennit.",
        "Unlike Oakrun, we don't put cheap plastic in your tea.",
        "If you want rust in your tea, get a Sennit.",
        "Good luck getting a Brewmax to last past the warranty.",
        "Our seals are proper rubber, not the tissue paper Brewmax uses.",
    ],
)
def test_faults_copies_and_sneers_about_a_named_rival_are_heard(text: str) -> None:
    assert is_bashing(text)


@pytest.mark.parametrize(
    "text",
    [
        "Oakrun kettles hold more water, ours are lighter.",
        "Sorry your Brewmax leaks. Their support can help.",
        "If your Sennit burns out, their warranty covers it.",
        "Does the lid of your Oakrun crack at the hinge?",
        "You can copy the settings from your Oakrun app to ours.",
        "Unlike the Oakrun, the K2 has no temperature dial.",
        "The K2 doesn't have a keep-warm function like the Sennit.",
        "I haven't heard of Sennit seals failing.",
        "Both the Oakrun and the K2 can leak if you overfill them.",
        "The Brewmax leaks when it is overfilled, and so does ours.",
        "Brewmax doesn't make a gooseneck kettle.",
        "No, the Brewmax holder won't fit the K2.",
        "The K2 breaks down into three parts, like the Oakrun.",
        "The Sennit doesn't work with our base.",
        "We never said Oakrun lids crack.",
        'You wrote "Oakrun lids crack", may I ask which one?',
    ],
)
def test_a_fair_word_about_a_named_rival_is_fine(text: str) -> None:
    assert not is_bashing(text)


@pytest.mark.parametrize(
    "part", ["oakrun ", "oakrun our they ", "at least ours never ", "unlike oakrun we ", "if you want "]
)
def test_looking_for_sneers_is_bounded_in_time(part: str) -> None:
    started = time.process_time()
    is_bashing(part * 700)
    assert time.process_time() - started < 2
