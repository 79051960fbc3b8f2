"""Lines become chunks: of one file each, in order, none cut."""

import itertools

from google.protobuf.wrappers_pb2 import StringValue
from hypothesis import given
from hypothesis import strategies as st

from chassis.export import Lines, chunked, line_of
from chassis.turns import HELD, Turns
from tests.chassis.steps import steps_during

FILES = ("a.ndjson", "b/c.csv")


async def chunks_of(lines, largest):
    async def each():
        for line in lines:
            yield line

    return [chunk async for chunk in chunked(each(), largest)]


@given(st.lists(st.tuples(st.sampled_from(FILES), st.integers(1, 40)), max_size=30), st.integers(1, 60))
async def test_what_comes_in_goes_out_in_order_whole_and_within_the_size(given, largest):
    lines = [Lines(file, b"x" * (size - 1) + b"\n") for file, size in given]
    chunks = await chunks_of(lines, largest)
    for file in FILES:
        sent = b"".join(chunk.data for chunk in chunks if chunk.file == file)
        assert sent == b"".join(line.data for line in lines if line.file == file)
    assert sum(chunk.rows for chunk in chunks) == len(lines)
    assert all(chunk.data.endswith(b"\n") for chunk in chunks)
    assert all(len(chunk.data) <= largest or chunk.rows == 1 for chunk in chunks)


async def test_a_chunk_says_what_its_file_is_and_how_many_rows_it_has():
    [table, message] = await chunks_of([Lines("b/c.csv", b"x\n1\n2\n", 2), line_of("a.ndjson", StringValue())], 99)
    assert (table.content_type, table.rows) == ("text/csv", 2)
    assert (message.content_type, message.rows, message.data) == ("application/x-ndjson", 1, b'""\n')


async def test_however_many_lines_are_ready_others_have_their_turn_between_them():
    lines = [line_of("a.ndjson", StringValue())] * 100
    slow = Turns(itertools.count(step=HELD).__next__)

    async def each():
        for line in lines:
            yield line

    async def gathered():
        assert sum([chunk.rows async for chunk in chunked(each(), turns=slow)]) == len(lines)

    assert await steps_during(gathered()) >= len(lines) / 2
