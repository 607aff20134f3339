"""Signed checkpoints: who holds one can show that the record was rewritten."""

import base64
import contextlib
import random
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bot import audit
from bot.audit import checkpoints
from bot.audit.checkpoints import Signer, open_signer
from bot.audit.verifier import Forged, VerifierKey, open_note, read_checkpoints
from bot.database import Sessions
from bot.errors import ChorusError, SettingsError

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
SIGNER = Signer("chorus", Ed25519PrivateKey.generate())


def note(size: int = 1) -> str:
    return SIGNER.note(f"chorus/audit\n{size}\n{base64.b64encode(bytes(32)).decode()}\ntime 2026-11-21T12:00:00Z\n")


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first = open_signer(tmp_path / "new")
    assert open_signer(tmp_path / "new").key == first.key
    assert stat.S_IMODE((tmp_path / "new" / "checkpoint.key").stat().st_mode) == 0o600


def test_a_damaged_key_is_not_replaced_silently(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.key").write_text("garbage")
    with pytest.raises(SettingsError, match="not a private key"):
        open_signer(tmp_path)


def test_a_note_has_the_form_that_others_can_read() -> None:
    text, signature = note(7).split("\n\n")
    assert text.split("\n") == ["chorus/audit", "7", base64.b64encode(bytes(32)).decode(), "time 2026-11-21T12:00:00Z"]
    dash, name, encoded = signature.strip().split(" ")
    assert (dash, name) == ("—", "chorus")
    assert len(base64.b64decode(encoded)) == 4 + 64


def test_a_known_signed_note_opens() -> None:
    """The example of the C2SP signed-note text, as the Go library golang.org/x/mod/sumdb/note signs it."""
    key = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = (
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    assert open_note(f"{text}\n{signature}\n", key) == text


def test_a_key_survives_being_written_down() -> None:
    assert VerifierKey.parse(str(SIGNER.key)) == SIGNER.key


@pytest.mark.parametrize("line", ["", "chorus", "chorus+00000000+AAAA", "chorus+zz+%%%", f"x{SIGNER.key}"])
def test_what_is_not_a_key_is_refused(line: str) -> None:
    with pytest.raises(Forged):
        VerifierKey.parse(line)


def test_any_change_to_a_note_is_noticed() -> None:
    dice = random.Random(7)
    whole = note().encode()
    for _case in range(300):
        place = dice.randrange(len(whole))
        changed = whole[:place] + bytes([whole[place] ^ (1 << dice.randrange(8))]) + whole[place + 1 :]
        with pytest.raises((Forged, UnicodeDecodeError)):
            open_note(changed.decode(), SIGNER.key)


def test_another_installations_key_signs_nothing_here() -> None:
    other = Signer("chorus", Ed25519PrivateKey.generate())
    with pytest.raises(Forged):
        open_note(note(), other.key)


@given(st.text())
def test_a_file_of_anything_is_refused_or_holds_nothing(content: str) -> None:
    with contextlib.suppress(Forged):
        assert read_checkpoints(content, SIGNER.key) == []


def test_checkpoints_are_appended_and_agree_with_the_record(sessions: Sessions, tmp_path: Path) -> None:
    signer, file = open_signer(tmp_path), tmp_path / "checkpoints.txt"
    for number in range(3):
        with sessions.begin() as session:
            audit.record(session, "reply.posted", at=AT, actor="system", subject=f"reply:{number}")
        with sessions() as session:
            assert checkpoints.append(checkpoints.take(session, signer, at=AT), file)
    found = checkpoints.kept(file, signer.key)
    assert [checkpoint.size for checkpoint in found] == [1, 2, 3]
    with sessions() as session:
        report = audit.verify(session, found)
    assert report.ok
    assert report.checkpoints == 3


def test_nothing_new_needs_no_new_checkpoint(sessions: Sessions, tmp_path: Path) -> None:
    signer, file = open_signer(tmp_path), tmp_path / "checkpoints.txt"
    with sessions() as session:
        assert checkpoints.append(checkpoints.take(session, signer, at=AT), file)
        assert not checkpoints.append(checkpoints.take(session, signer, at=AT), file)
    assert len(checkpoints.kept(file, signer.key)) == 1


def test_processes_that_append_at_once_spoil_nothing(tmp_path: Path) -> None:
    file = tmp_path / "checkpoints.txt"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: checkpoints.append(note(number), file), range(40)))
    assert {checkpoint.size for checkpoint in checkpoints.kept(file, SIGNER.key)} == set(range(40))


def test_a_file_that_cannot_be_written_or_read_is_told_plainly(tmp_path: Path) -> None:
    with pytest.raises(ChorusError, match="cannot be written"):
        checkpoints.append(note(), tmp_path / "nowhere" / "checkpoints.txt")
    with pytest.raises(ChorusError, match="no file of checkpoints"):
        checkpoints.kept(tmp_path / "checkpoints.txt", SIGNER.key)
    (tmp_path / "cut.txt").write_text(note()[:-60])
    with pytest.raises(ChorusError, match=r"not signed|cut off"):
        checkpoints.kept(tmp_path / "cut.txt", SIGNER.key)
