import numpy as np
import pytest

from services.ml.domain.arrays import packed, unpacked


def test_packed_bytes_come_back_as_the_same_matrix():
    values = np.array([[1.5, np.nan, -0.0], [np.inf, 2**-1074, 1e308]])
    np.testing.assert_array_equal(unpacked(packed(values), 2, 3), values)


def test_packed_bytes_are_little_endian_row_by_row():
    assert packed(np.array([[1.0, 2.0]]).T) == bytes.fromhex("000000000000f03f0000000000000040")


def test_bytes_of_another_size_are_refused():
    with pytest.raises(ValueError, match="2 × 3 values take 48 bytes, not 40"):
        unpacked(bytes(40), 2, 3)
