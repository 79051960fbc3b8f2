"""An alert reaches whoever is to be told, through the real Prometheus and the real Alertmanager.

`make alert-drill` kills every kind of process.
"""

import os
import signal

import pytest

from stack.mesh import Mesh
from tests.mesh.rest import User
from tests.observability.conftest import Series, Webhook, await_true

pytestmark = [pytest.mark.component("prometheus"), pytest.mark.component("prometheus-alertmanager")]


def pid_of(mesh: Mesh, part: str) -> int | None:
    return next(each.pid for each in mesh.parts() if each.name == part)


@pytest.mark.usefixtures("trace")  # of which a part would go with the service
def test_a_killed_service_is_told_of_by_name(walked: User, mesh: Mesh, series: Series, webhook: Webhook) -> None:
    address = mesh.metrics_address("ml")
    series.await_any(f'process_start_time_seconds{{instance="{address}"}}')
    before = pid_of(mesh, "ml")
    assert before
    os.kill(before, signal.SIGKILL)
    alert = webhook.await_alert("ProcessRestarted", service="ml", instance=address)
    assert alert["labels"]["severity"] == "warning"
    assert alert["labels"]["team"] == "infrastructure"
    assert alert["annotations"]["description"] == f"ml at {address} began anew in the last five minutes, or is about to"
    assert await_true(lambda: pid_of(mesh, "ml"), "ml is not back") != before
    restarted = [each["labels"] for each in webhook.alerts if each["labels"]["alertname"] == "ProcessRestarted"]
    assert {labels["service"] for labels in restarted} == {"ml"}
