"""Is a key made for its owner alone, and is one that is not as it should be told in words?"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from fsw.link.tclayout import HIGHEST_NUMBER
from gse import cli, keys
from gse.errors import UserError
from gse.uplink.numbers import AHEAD, Numbers, StoredNumbers


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.main, [str(a) for a in arguments])


def assert_one_sentence(result: Result, words: str) -> None:
    assert result.exit_code == 2
    assert result.stderr.startswith("edlcam: ")
    assert result.stderr.endswith(".\n")
    assert result.stderr.count("\n") == 1
    assert words in result.stderr


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "command.key"
    assert run("keys", "new", "--out", path).exit_code == 0
    return path


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o177])
def test_a_new_key_is_its_owners_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "command.key"
    before = os.umask(umask)
    try:
        result = run("keys", "new", "--out", path, "--id", "4711")
    finally:
        os.umask(before)
    assert result.exit_code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = keys.load(path)
    assert (key.identifier, len(key.octets)) == (4711, 32)
    assert "4711" in result.stdout


def test_a_key_is_never_shown(key_file: Path) -> None:
    key = keys.load(key_file)
    shown = run("keys", "new", "--out", key_file.with_name("other.key"))
    for text in (repr(key), str(key), shown.output):
        assert key.octets.hex() not in text
        assert repr(key.octets) not in text


def test_no_two_keys_are_the_same() -> None:
    made = [keys.new() for _ in range(50)]
    assert len({key.octets for key in made}) == 50
    assert len({key.identifier for key in made}) > 40
    assert all(1 <= key.identifier <= 0xFFFE for key in made)


def test_a_key_is_never_overwritten_nor_written_through_a_link(key_file: Path) -> None:
    before = key_file.read_bytes()
    assert_one_sentence(run("keys", "new", "--out", key_file), "exists already")
    assert key_file.read_bytes() == before
    link = key_file.with_name("link.key")
    link.symlink_to(key_file.with_name("elsewhere"))
    assert_one_sentence(run("keys", "new", "--out", link), "exists already")
    assert not key_file.with_name("elsewhere").exists()


def test_a_key_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    assert_one_sentence(run("keys", "new", "--out", tmp_path / "no" / "key"), "cannot write")


@pytest.mark.parametrize("identifier", ["0", "65535", "-1", "x"])
def test_reserved_identifiers_are_refused(tmp_path: Path, identifier: str) -> None:
    path = tmp_path / "command.key"
    assert run("keys", "new", "--out", path, "--id", identifier).exit_code == 2
    assert not path.exists()


def test_a_disk_that_is_full_leaves_no_half_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    path = tmp_path / "command.key"
    assert_one_sentence(run("keys", "new", "--out", path), "No space left on device")
    assert not path.exists()


def test_a_missing_key_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no key file .*: make one with edlcam keys new"):
        keys.load(tmp_path / "none")


def test_a_directory_is_no_key(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(UserError, match=r"cannot read .*: Is a directory"):
        keys.load(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o610])
def test_a_key_that_others_can_get_at_is_not_used(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(UserError, match="can be read by others"):
        keys.load(key_file)


def test_a_key_is_damaged_by_any_other_character_in_it(key_file: Path) -> None:
    content = json.loads(key_file.read_text())
    for name in ("identifier", "key", "check", "what"):
        wrong: tuple[object, ...] = (None, 0, "", [], "0" * 64, 65535, True, 1.5, -1)
        for value in wrong:
            key_file.write_text(json.dumps({**content, name: value}))
            with pytest.raises(UserError, match="is damaged, or no key file"):
                keys.load(key_file)
        key_file.write_text(json.dumps({k: v for k, v in content.items() if k != name}))
        with pytest.raises(UserError, match="is damaged"):
            keys.load(key_file)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "7", '"key"', "[" * 4000, "\x00", "{}", '{"key": "é"}']
)
def test_what_is_no_key_file_is_said_so(key_file: Path, text: str) -> None:
    key_file.write_text(text)
    with pytest.raises(UserError, match="is damaged, or no key file"):
        keys.load(key_file)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_flipped_bit_is_noticed_or_without_effect(
    tmp_path_factory: pytest.TempPathFactory, at: int, flip: int
) -> None:
    path = tmp_path_factory.mktemp("key") / "command.key"
    key = keys.Key(7, bytes(range(32)))
    keys.save(key, path)
    octets = bytearray(path.read_bytes())
    octets[at % len(octets)] ^= flip
    path.write_bytes(octets)
    try:
        loaded = keys.load(path)
    except UserError:
        return
    assert (loaded.identifier, loaded.octets) == (key.identifier, key.octets)


def test_numbers_are_never_given_twice_over_the_end_of_a_program(tmp_path: Path) -> None:
    path = tmp_path / "numbers"
    given: list[int] = []
    for _ in range(5):
        counter = StoredNumbers(path)
        given += [counter.next() for _ in range(AHEAD + 3)]
    assert given == sorted(set(given))
    assert given[0] == 1


def test_numbers_are_on_the_disk_before_they_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "numbers"
    counter = StoredNumbers(path)
    assert counter.next() == 1

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    reserved = int(path.read_text())
    given = [counter.next() for _ in range(reserved - 1)]
    assert given[-1] == reserved
    with pytest.raises(UserError, match="No space left on device"):
        counter.next()


def test_what_the_board_has_used_is_not_used_again(tmp_path: Path) -> None:
    for counter in (Numbers(5), StoredNumbers(tmp_path / "numbers")):
        counter.heard(1000)
        counter.heard(3)
        assert counter.next() == 1001
    assert StoredNumbers(tmp_path / "numbers").next() > 1001


@pytest.mark.parametrize(
    "text", ["", "x", "-1", "1.5", "99999999999", str(HIGHEST_NUMBER + 1), "é"]
)
def test_a_damaged_number_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "numbers"
    path.write_text(text)
    with pytest.raises(UserError, match="is damaged: write into it TC_NUMBER"):
        StoredNumbers(path)


def test_numbers_end() -> None:
    counter = Numbers(HIGHEST_NUMBER - 1)
    assert counter.next() == HIGHEST_NUMBER
    with pytest.raises(UserError, match="numbered its last frame"):
        counter.next()
