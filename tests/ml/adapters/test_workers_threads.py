import asyncio
import threading

import pytest

from services.ml.adapters.workers_threads import ThreadWorkers


@pytest.fixture
def workers():
    workers = ThreadWorkers(1)
    yield workers
    workers.close()


async def test_work_runs_off_the_event_loop(workers):
    assert await workers.run(threading.get_ident) != threading.get_ident()


async def test_an_error_of_the_work_reaches_its_caller(workers):
    with pytest.raises(ZeroDivisionError):
        await workers.run(lambda: 1 / 0)


async def test_a_caller_that_leaves_the_line_never_starts(workers):
    release, started = threading.Event(), []
    busy = asyncio.create_task(workers.run(release.wait))
    waiting = asyncio.create_task(workers.run(lambda: started.append(True)))
    await asyncio.sleep(0)
    waiting.cancel()
    release.set()
    await busy
    await workers.run(lambda: None)
    assert started == []


async def test_abandoned_work_keeps_its_place_until_it_has_ended(workers):
    release, entered = threading.Event(), threading.Event()

    def work():
        entered.set()
        release.wait()
        raise RuntimeError("nobody listens")

    abandoned = asyncio.create_task(workers.run(work))
    await asyncio.to_thread(entered.wait)
    abandoned.cancel()
    following = asyncio.create_task(workers.run(lambda: "next"))
    with pytest.raises(asyncio.CancelledError):
        await abandoned
    assert not following.done()
    release.set()
    assert await following == "next"
