"""What Redis answers for is on disk: it carries what no second way brings."""

import redis

from stack.process import running
from stack.redis import Redis


def test_nothing_is_answered_before_it_is_on_disk(tmp_path):
    server = Redis(tmp_path / "data", tmp_path / "socket")
    with running(server, tmp_path / "log"), redis.Redis(unix_socket_path=server.address) as client:
        told = client.config_get("append*")
    assert (told["appendonly"], told["appendfsync"]) == ("yes", "always")
