import subprocess
from string import Template

import pytest

from stack.addresses import SERVICES, choose
from stack.envoy import TEMPLATE, binary, values
from tests.gateway import rendered


@pytest.mark.parametrize("collector", [None, "127.0.0.1:4317"])
def test_envoy_accepts_the_template_without_a_warning_of_something_deprecated(tmp_path, collector):
    config = tmp_path / "envoy.yaml"
    config.write_text(rendered.as_yaml(collector=collector))
    command = [binary(), "--mode", "validate", "-c", config, "--log-level", "warning"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "eprecated" not in done.stderr


def test_the_template_is_envoys_bootstrap_message_to_the_last_field():
    assert [listener.name for listener in rendered.as_proto().static_resources.listeners] == ["edge", "jwks"]


def test_every_name_in_the_template_has_a_value_and_every_value_is_used():
    table = values(choose(rendered.SETTINGS), rendered.SETTINGS.cors_origins)
    assert set(Template(TEMPLATE.read_text()).get_identifiers()) == set(table)


def test_admin_and_keys_are_served_on_the_loopback_alone():
    bootstrap = rendered.as_proto()
    keys = next(each for each in bootstrap.static_resources.listeners if each.name == "jwks")
    assert bootstrap.admin.address.socket_address.address == "127.0.0.1"
    assert keys.address.socket_address.address == "127.0.0.1"


def test_every_service_has_a_cluster_that_is_asked_for_its_health():
    clusters = {cluster.name: cluster for cluster in rendered.as_proto().static_resources.clusters}
    for service in SERVICES:
        assert clusters[service].health_checks[0].HasField("grpc_health_check")
        outliers = clusters[service].outlier_detection
        assert outliers.consecutive_gateway_failure.value == outliers.consecutive_local_origin_failure.value == 3
        assert outliers.base_ejection_time.seconds == 30
        assert outliers.max_ejection_percent.value == 50
        assert clusters[service].circuit_breakers.thresholds


def test_endless_streams_have_connections_of_their_own_to_the_replicas_of_marketdata():
    clusters = {cluster.name: cluster for cluster in rendered.as_proto().static_resources.clusters}
    assert clusters["ticks"].load_assignment.endpoints == clusters["marketdata"].load_assignment.endpoints
