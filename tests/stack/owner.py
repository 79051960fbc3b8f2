"""Owns a mesh of stand-ins in a process of its own: `python owner.py STATE_DIR`; says `ready`, stops on a signal."""

import sys
from pathlib import Path

from stack.mesh import Mesh
from stack.settings import MeshSettings
from stack.signals import stop_on_signals

STANDIN = Path(__file__).with_name("standin.py")


def command() -> tuple[str, ...]:
    return (sys.executable, str(STANDIN), "{name}")


def settings(state_dir: Path, **changes: object) -> MeshSettings:
    fixed = {"state_dir": state_dir, "free_ports": True, "durable": False, "service_command": command()}
    return MeshSettings(**(fixed | changes))


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
