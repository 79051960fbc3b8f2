"""Owns a mesh of stand-ins in a process of its own: `python owner.py STATE_DIR`; says `ready`, stops on a signal."""

import sys
from pathlib import Path

from stack.mesh import Mesh
from stack.settings import MeshSettings
from stack.signals import stop_on_signals


def command() -> tuple[str, ...]:
    return (sys.executable, "-m", "tests.stack.standin", "{name}")


def settings(state_dir: Path, **changes: object) -> MeshSettings:
    fixed = {"state_dir": state_dir, "free_ports": True, "durable": False}
    program = {"service_command": command(), "preload": ("grpc", "grpc_health.v1.health_pb2_grpc")}
    return MeshSettings(**(fixed | program | changes))


if __name__ == "__main__":
    with stop_on_signals() as stop:
        mesh = Mesh(settings(Path(sys.argv[1])))
        mesh.start()
        try:
            mesh.wait_ready(stop=stop)
            print("ready", flush=True)
            stop.wait()
        finally:
            mesh.stop()
