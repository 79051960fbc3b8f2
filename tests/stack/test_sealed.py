import io
import random
import stat

import pytest

from stack.sealed import FRAME, SealedReader, SealedWriter, Unsealed, make_key, read_key

KEY = bytes(range(32))


def seal(clear: bytes, piece: int = 1 << 16) -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, KEY)
    for start in range(0, len(clear), piece):
        writer.write(clear[start : start + piece])
    writer.finish()
    return file.getvalue()


def unseal(sealed: bytes, key: bytes = KEY) -> bytes:
    return io.BufferedReader(SealedReader(io.BytesIO(sealed), key)).read()


CLEAR = random.Random(1).randbytes(3 * FRAME + 17)


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 3 * FRAME + 17])
def test_what_was_sealed_is_opened_whole(size):
    assert unseal(seal(CLEAR[:size])) == CLEAR[:size]


def test_how_it_was_written_does_not_matter():
    assert unseal(seal(CLEAR, piece=999)) == unseal(seal(CLEAR, piece=len(CLEAR))) == CLEAR


def test_the_same_is_never_sealed_alike():
    assert seal(b"the same") != seal(b"the same")


def test_a_bit_that_is_changed_anywhere_is_found():
    sealed = seal(CLEAR)
    chance = random.Random(2)
    for _ in range(200):
        place = chance.randrange(len(sealed))
        changed = bytearray(sealed)
        changed[place] ^= 1 << chance.randrange(8)
        with pytest.raises(Unsealed):
            unseal(bytes(changed))


def test_a_file_that_is_cut_short_anywhere_is_found():
    sealed = seal(CLEAR)
    frame = FRAME + 16
    header = len(sealed) - (3 * frame + 17 + 16)
    for size in (0, 10, header, header + frame, header + 2 * frame, header + 3 * frame, len(sealed) - 1):
        with pytest.raises(Unsealed):
            unseal(sealed[:size])


def test_frames_that_change_places_are_found():
    sealed = seal(CLEAR)
    frame = FRAME + 16
    header = len(sealed) - (3 * frame + 17 + 16)
    first, second = sealed[header : header + frame], sealed[header + frame : header + 2 * frame]
    with pytest.raises(Unsealed):
        unseal(sealed[:header] + second + first + sealed[header + 2 * frame :])


def test_another_key_is_told_from_damage():
    with pytest.raises(Unsealed, match="another key"):
        unseal(seal(CLEAR), bytes(32))
    with pytest.raises(Unsealed, match="no sealed file"):
        unseal(b"a letter to nobody in particular, long enough to hold a whole header and more")


def test_a_key_is_for_its_owner_alone_and_never_written_over(tmp_path):
    make_key(tmp_path / "key")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert len(read_key(tmp_path / "key")) == 32
    with pytest.raises(FileExistsError):
        make_key(tmp_path / "key")


def test_a_key_that_others_can_read_is_refused(tmp_path):
    make_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(Unsealed, match="read by others"):
        read_key(tmp_path / "key")


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "00" * 31])
def test_a_file_that_holds_no_key_is_refused(tmp_path, text):
    (tmp_path / "key").write_text(text)
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(Unsealed, match="holds no key"):
        read_key(tmp_path / "key")
