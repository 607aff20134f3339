"""Time stamps on checkpoints, by a real authority: what they prove, and what happens when it is gone or lies."""

import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import DrivenClock
from harbour import Harbour, settle
from sqlalchemy import select
from time_authority import TimeAuthority, openssl

from bot import recordkeeping
from bot.audit import checkpoints, timestamps
from bot.audit.bundle import verify_bundle, write_bundle
from bot.audit.selection import Selection
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.errors import ChorusError
from bot.models import Notice


@pytest.fixture(name="authority", scope="module")
def authority_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeAuthority]:
    openssl()
    authority = TimeAuthority(tmp_path_factory.mktemp("authority"))
    yield authority
    authority.close()


@pytest.fixture(autouse=True)
def _whole(authority: TimeAuthority) -> None:
    authority.broken, authority.answers_with = False, None


@pytest.fixture
def harbour(sessions: Sessions, plaza: Plaza, driven: DrivenClock, tmp_path: Path, authority: TimeAuthority) -> Harbour:
    world = settle(plaza, sessions, driven)
    return replace(world, deps=replace(world.deps, data_dir=tmp_path, timestamp_authority=authority.url))


def stamped(harbour: Harbour, roots: Path | None = None) -> list[timestamps.Stamped]:
    folder = harbour.deps.data_dir
    notes = checkpoints.notes(folder / checkpoints.FILE)
    return list(timestamps.check(notes, folder / timestamps.FOLDER, roots))


def trouble(harbour: Harbour) -> list[tuple[str, bool]]:
    with harbour.deps.sessions() as session:
        notices = session.scalars(select(Notice).where(Notice.subject == "timestamp").order_by(Notice.id))
        return [(notice.text, notice.over_at is not None) for notice in notices]


def test_each_checkpoint_is_stamped_and_the_authoritys_certificates_prove_it(
    harbour: Harbour, authority: TimeAuthority
) -> None:
    for question in ("Does a Harbour reader float?", "Does a Harbour reader sink?"):
        harbour.hear(question)
        recordkeeping.checkpoint(harbour.deps)
    found = stamped(harbour, authority.roots)
    assert len(found) == 2
    assert all(each.proven for each in found)
    assert found[0].size < found[1].size
    assert found[0].at <= found[1].at


def test_without_certificates_a_stamp_is_compared_and_not_called_proven(harbour: Harbour) -> None:
    harbour.hear("Does a Harbour reader float?")
    recordkeeping.checkpoint(harbour.deps)
    assert [each.proven for each in stamped(harbour)] == [False]


def test_a_stamp_of_another_checkpoint_is_found(harbour: Harbour) -> None:
    for question in ("Does a Harbour reader float?", "Does a Harbour reader sink?"):
        harbour.hear(question)
        recordkeeping.checkpoint(harbour.deps)
    first, second = sorted((harbour.deps.data_dir / timestamps.FOLDER).iterdir(), key=lambda file: int(file.stem))
    second.write_bytes(first.read_bytes())
    with pytest.raises(ChorusError, match="not of the checkpoint beside it"):
        stamped(harbour)


def test_a_stamp_by_somebody_else_is_found(harbour: Harbour, tmp_path_factory: pytest.TempPathFactory) -> None:
    harbour.hear("Does a Harbour reader float?")
    recordkeeping.checkpoint(harbour.deps)
    other = TimeAuthority(tmp_path_factory.mktemp("other"))
    other.close()
    with pytest.raises(ChorusError, match="not the authority's"):
        stamped(harbour, other.roots)


def test_an_authority_that_answers_nonsense_is_told_of_once_and_the_checkpoint_stands(
    harbour: Harbour, authority: TimeAuthority, driven: DrivenClock
) -> None:
    authority.broken = True
    for question in ("Does a Harbour reader float?", "Does a Harbour reader sink?"):
        harbour.hear(question)
        driven.advance(minutes=10)
        recordkeeping.checkpoint(harbour.deps)
    assert len(checkpoints.notes(harbour.deps.data_dir / checkpoints.FILE)) == 2
    assert stamped(harbour) == []
    ((words, is_over),) = trouble(harbour)
    assert "no time stamp" in words
    assert not is_over
    authority.broken = False
    harbour.hear("Does a Harbour reader dive?")
    recordkeeping.checkpoint(harbour.deps)
    assert len(stamped(harbour)) == 1
    assert [is_over for _, is_over in trouble(harbour)] == [True]


def test_an_old_answer_played_again_is_refused(harbour: Harbour, authority: TimeAuthority) -> None:
    harbour.hear("Does a Harbour reader float?")
    recordkeeping.checkpoint(harbour.deps)
    (note,) = checkpoints.notes(harbour.deps.data_dir / checkpoints.FILE)
    authority.answers_with = timestamps.obtain(note, authority.url)
    with pytest.raises(ChorusError, match="something else than was asked"):
        timestamps.obtain(note, authority.url)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "not an address", "ftp://127.0.0.1/"])
def test_an_authority_that_cannot_be_reached_is_named(address: str) -> None:
    with pytest.raises(ChorusError, match="did not answer"):
        timestamps.obtain("chorus/audit\n1\nx\ntime now\n", address, timeout=1)


def test_a_bundle_carries_the_stamps_and_openssl_alone_proves_them(
    harbour: Harbour, authority: TimeAuthority, tmp_path: Path
) -> None:
    harbour.hear("Does a Harbour reader float?")
    recordkeeping.checkpoint(harbour.deps)
    folder, target = harbour.deps.data_dir, tmp_path / "bundle.zip"
    signer = checkpoints.open_signer(folder)
    with harbour.deps.sessions() as session:
        write_bundle(
            session, target, Selection(), signer=signer, checkpoints=folder / checkpoints.FILE, at=harbour.deps.now()
        )
    assert verify_bundle(target, signer.key).ok
    (note,) = checkpoints.notes(folder / checkpoints.FILE)
    with zipfile.ZipFile(target) as archive:
        (name,) = [each for each in archive.namelist() if each.startswith("timestamp-")]
        (tmp_path / "stamp.tsr").write_bytes(archive.read(name))
    (tmp_path / "note").write_text(note)
    asked = ["openssl", "ts", "-verify", "-in", "stamp.tsr", "-data", "note", "-CAfile", str(authority.roots)]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verification: OK" in done.stdout + done.stderr
