"""Whether the ports are free, or held by whom they are for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stack.addresses import EVERYWHERE, is_free, wanted_ports
from stack.doctor.finding import Finding, fine, unknown, wrong
from stack.doctor.patient import Patient
from stack.settings import PREFIX

_EDGE = {"edge": "envoy", "edge_admin": "envoy", "edge_jwks": "envoy"}


def ports(patient: Patient) -> Iterator[Finding]:
    """Of a mesh that runs, that its own parts hold them; of one that does not, that nobody does."""
    found = list(_of_running(patient) if patient.runs else _of_stopped(patient))
    yield from found or [fine("ports", "all held by their parts" if patient.runs else "all free")]


def _of_stopped(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    for name, field, port in () if settings.free_ports else wanted_ports(settings):
        host = EVERYWHERE if name == "edge" and settings.edge_everywhere else settings.host
        if not is_free(host, port):
            holder = _holder(port)
            fix = f"end {holder}, or give another: {PREFIX}{field.upper()}; qpo up would take a free one instead"
            yield wrong("ports", f"{port}, for {name}, is taken by {holder}", fix)


def _of_running(patient: Patient) -> Iterator[Finding]:
    if patient.addresses is None:
        return
    listeners = _listeners()
    families = {part.name: _family(part.pid) for part in patient.record.parts if part.pid}
    for name, port in patient.addresses.ports.items():
        part = _EDGE.get(name, name.removesuffix("_metrics"))
        if part in patient.addresses.external:
            continue
        holders = listeners.get(port)
        if holders is None:
            yield wrong("ports", f"{port}, for {name}, is held by nobody", f"qpo logs {part}; qpo restart {part}")
        elif None in holders:
            yield unknown("ports", f"{port}, for {name}: this user is not shown who holds it")
        elif not holders & families.get(part, set()):
            yield wrong("ports", f"{port}, for {name}, is held by {_holder(port)}", f"end it, then qpo restart {part}")


def _family(pid: int) -> set[int]:
    import psutil

    try:
        head = psutil.Process(pid)
        return {pid, *(child.pid for child in head.children(recursive=True))}
    except psutil.NoSuchProcess:
        return set()


def _listeners() -> Mapping[int, set[int | None]]:
    """Returns who listens, by port; None is somebody of whom the system does not tell."""
    import psutil

    found: dict[int, set[int | None]] = {}
    for each in psutil.net_connections("tcp"):
        if each.status == psutil.CONN_LISTEN:
            found.setdefault(each.laddr.port, set()).add(each.pid)
    return found


def _holder(port: int) -> str:
    import psutil

    for pid in _listeners().get(port, ()):
        try:
            if pid is not None:
                return f"{psutil.Process(pid).name()} (pid {pid})"
        except psutil.NoSuchProcess:
            continue
    return "another program"
