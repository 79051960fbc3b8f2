import asyncio

import grpc
import pytest
from grpc import StatusCode

from tests.chassis.gadget import Workshop, gadget, ingested, streamed, traded, unary, workshop
from tests.chassis.refusals import told
from tests.fixtures.logs import captured


async def test_messages_and_bytes_that_were_encoded_before_are_streamed_alike(serve_in_process, anyone):
    shop = Workshop()
    shop.may_go_on.set()
    call = streamed(await serve_in_process(workshop(shop)))(gadget("g"), metadata=anyone)
    assert [message.name async for message in call] == ["g", "g"]
    assert shop.left.is_set()


async def test_the_generator_is_closed_when_its_reader_goes_away(serve_in_process, anyone):
    shop = Workshop()
    call = streamed(await serve_in_process(workshop(shop)), "SubscribeGadgets")(gadget(), metadata=anyone)
    assert await call.read() == gadget()
    call.cancel()
    await asyncio.wait_for(shop.left.wait(), 2)


async def test_a_generator_blocked_on_a_slow_reader_is_closed_when_that_goes_away(serve_in_process, anyone):
    closed = asyncio.Event()

    class Flood(Workshop):
        async def subscribe_gadgets(self, _):
            try:
                while True:
                    yield gadget("x" * 100_000)
            finally:
                closed.set()

    call = streamed(await serve_in_process(workshop(Flood())), "SubscribeGadgets")(gadget(), metadata=anyone)
    await call.read()
    call.cancel()
    await asyncio.wait_for(closed.wait(), 5)


async def test_an_error_amid_a_stream_is_told_after_its_messages(serve_in_process, anyone):
    class Breaking(Workshop):
        async def watch_gadget(self, request):
            yield request
            raise ValueError("secret")

    call = streamed(await serve_in_process(workshop(Breaking())))(gadget(), metadata=anyone)
    assert await call.read() == gadget()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert told(caught.value).code is StatusCode.INTERNAL
    assert "secret" not in told(caught.value).message


async def test_a_stream_may_be_any_async_iterator(serve_in_process, anyone):
    class Three:
        def __init__(self):
            self.left = 3

        def __aiter__(self):
            return self

        async def __anext__(self):
            self.left -= 1
            if self.left < 0:
                raise StopAsyncIteration
            return gadget("g")

    class Plain(Workshop):
        def watch_gadget(self, _):
            return Three()

    call = streamed(await serve_in_process(workshop(Plain())))(gadget(), metadata=anyone)
    assert len([message async for message in call]) == 3


async def test_a_clients_stream_is_answered_once(serve_in_process, anyone):
    call = ingested(await serve_in_process(workshop(Workshop())))
    answer = await call(iter([gadget("a"), gadget("b"), gadget("c")]), metadata=anyone)
    assert answer.name == "a+b+c"


async def test_streams_run_both_ways_at_once(serve_in_process, anyone):
    call = traded(await serve_in_process(workshop(Workshop())))(metadata=anyone)
    for name in "ab":
        await call.write(gadget(name))
        assert (await call.read()).name == name + "!"
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF


async def test_an_upload_that_is_cut_off_is_never_taken_for_a_whole_one(serve_in_process, anyone):
    taken = []

    class Taking(Workshop):
        async def ingest_gadgets(self, requests):
            taken.append([request.name async for request in requests])
            return gadget()

    channel = await serve_in_process(workshop(Taking()))
    for number in range(60):
        call = ingested(channel)(metadata=anyone)
        await call.write(gadget("x" * (1 + 50_000 * (number % 2))))
        await asyncio.sleep(0.001 * (number % 4))
        call.cancel()
    whole = ingested(channel)(metadata=anyone)
    await whole.write(gadget("whole"))
    await whole.done_writing()
    await whole
    assert taken == [["whole"]]


async def test_a_reader_who_goes_away_amid_a_write_is_no_fault_of_the_server(serve_in_process, anyone):
    class Flood(Workshop):
        async def subscribe_gadgets(self, _):
            while True:
                yield gadget("x" * 50_000)

    channel = await serve_in_process(workshop(Flood()))
    with captured() as logs:
        for number in range(40):
            call = streamed(channel, "SubscribeGadgets")(gadget(), metadata=anyone)
            for _ in range(number % 3):
                await call.read()
            call.cancel()
        await unary(channel, "NameCaller")(gadget(), metadata=anyone)
    assert {line["code"] for line in logs} <= {"CANCELLED", "OK"}
