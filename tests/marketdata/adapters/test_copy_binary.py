import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from services.marketdata.adapters.copy_binary import FLOAT8, HEADER, INT4, PIECE, TRAILER, decoded, encoded

FIELDS = [("session", INT4), ("price", FLOAT8)]


def test_a_row_is_what_the_manual_of_postgresql_says():
    columns = {"session": np.array([-3], np.int32), "price": np.array([2.5])}
    row = struct.pack(">hiiid", 2, 4, -3, 8, 2.5)
    assert b"".join(encoded(FIELDS, columns, 1)) == HEADER + row + TRAILER


@given(st.integers(0, 3 * PIECE).flatmap(lambda n: st.tuples(arrays(np.int32, n), arrays(np.float64, n))))
def test_what_is_written_is_read_back_bit_by_bit(columns):
    session, price = columns
    data = b"".join(encoded(FIELDS, {"session": session, "price": price}, len(session)))
    back = decoded(FIELDS, data)
    np.testing.assert_array_equal(back["session"], session)
    np.testing.assert_array_equal(back["price"].astype("<f8").view(np.int64), price.view(np.int64))
