from prometheus_client import CollectorRegistry, generate_latest

from services.portfolio.adapters.census_prometheus import PrometheusCensus


def test_the_gauge_has_the_spec_s_name_and_the_last_count():
    registry = CollectorRegistry()
    census = PrometheusCensus(registry)
    census.tell(3)
    census.tell(2)
    assert b"\nactive_portfolios_count 2.0\n" in generate_latest(registry)
