"""Grafana's dashboards, from a table of questions: `make docs` writes observability/dashboards/, which is committed.

A panel is a question to Prometheus and how its answer is shown; where it lies follows from its place in the table. The
library that Grafana gives for this would be a dependency for the sake of dictionaries.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "observability" / "dashboards"
WIDTH, HEIGHT, COLUMNS = 8, 7, 24
SOURCE = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """A question, and how its answer is shown."""

    title: str
    query: str
    # What tells one line from the other, in Grafana's form; empty: there is one.
    legend: str = ""
    unit: str = "short"
    # A number instead of lines over time.
    stat: bool = False
    # From here on it is bad, or, if `low`, up to here.
    limit: float | None = None
    low: bool = False

    def json(self, number: int) -> dict[str, Any]:
        """Returns it as Grafana reads it, the `number`th of its dashboard."""
        place = {"x": number * WIDTH % COLUMNS, "y": number * WIDTH // COLUMNS * HEIGHT, "w": WIDTH, "h": HEIGHT}
        defaults = {"unit": self.unit, **({} if self.limit is None else {"thresholds": self._thresholds()})}
        return {
            "id": number + 1,
            "title": self.title,
            "type": "stat" if self.stat else "timeseries",
            "datasource": SOURCE,
            "gridPos": place,
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "targets": [{"refId": "A", "datasource": SOURCE, "expr": self.query, "legendFormat": self.legend}],
        }

    def _thresholds(self) -> dict[str, Any]:
        below, above = ("red", "green") if self.low else ("green", "red")
        return {"mode": "absolute", "steps": [{"color": below, "value": None}, {"color": above, "value": self.limit}]}


def quantile(of: str, by: str, share: float = 0.95) -> str:
    """Returns the query for a quantile of a histogram over five minutes."""
    return f"histogram_quantile({share}, sum by ({by}, le) (rate({of}[5m])))"


ANSWERS = "envoy_cluster_grpc_answers"
FAILED = 'envoy_cluster_grpc_answers{grpc_status=~"2|4|13|14|15"}'
OURS = '{job="portfolio-app", service=~"$service"}'

DASHBOARDS: dict[str, tuple[str, tuple[Panel, ...]]] = {
    "overview": (
        "QPO: what is promised",
        (
            Panel(
                "Availability", "1 - edge:failures:ratio_rate5m", unit="percentunit", stat=True, limit=0.999, low=True
            ),
            Panel(
                "Error budget left, 30 days",
                f"1 - ((sum(increase({FAILED}[30d])) or vector(0)) / sum(increase({ANSWERS}[30d]))) / 0.001",
                unit="percentunit",
                stat=True,
                limit=0.0,
                low=True,
            ),
            Panel("Alerts", 'count(ALERTS{alertstate="firing"}) or vector(0)', stat=True, limit=1),
            Panel(
                "Calls let in",
                "sum by (envoy_cluster_name) (rate(envoy_cluster_grpc_answers[5m]))",
                "{{envoy_cluster_name}}",
                "reqps",
            ),
            Panel("Budget burnt, times what is allowed: an hour", "edge:failures:ratio_rate1h / 0.001", limit=14.4),
            Panel("Budget burnt, times what is allowed: six hours", "edge:failures:ratio_rate6h / 0.001", limit=6),
            Panel(
                "Response time, 95th percentile", "service:response_time_seconds:p95_5m", "{{service}}", "s", limit=0.2
            ),
            Panel(
                "Behind the edge, 95th percentile",
                quantile("envoy_cluster_upstream_rq_time_bucket", "envoy_cluster_name"),
                "{{envoy_cluster_name}}",
                "ms",
            ),
            Panel("Solved of what can be", "optimizer:success:ratio_rate5m", unit="percentunit", limit=0.95, low=True),
            Panel("Processes that answer", "sum by (job) (up)", "{{job}}"),
            Panel(
                "Restarts in an hour",
                'sum by (service) (changes(process_start_time_seconds{job="portfolio-app"}[1h]))',
                "{{service}}",
            ),
            Panel("Refused for being too many", "sum(rate(calls_limited_total[5m])) or vector(0)", unit="reqps"),
        ),
    ),
    "services": (
        "QPO: rate, errors, duration",
        (
            Panel("Calls", f"sum by (service) (rate(api_requests_total{OURS}[5m]))", "{{service}}", "reqps"),
            Panel(
                "Failed by us",
                'service:faults:ratio_rate5m{service=~"$service"}',
                "{{service}}",
                "percentunit",
                limit=0.001,
            ),
            Panel("Ends", f"sum by (status) (rate(api_requests_total{OURS}[5m]))", "{{status}}", "reqps"),
            Panel(
                "Calls by method",
                f"topk(10, sum by (endpoint) (rate(api_requests_total{OURS}[5m])))",
                "{{endpoint}}",
                "reqps",
            ),
            Panel("Median", quantile(f"api_response_time_seconds_bucket{OURS}", "service", 0.5), "{{service}}", "s"),
            Panel(
                "95th percentile",
                quantile(f"api_response_time_seconds_bucket{OURS}", "service"),
                "{{service}}",
                "s",
                limit=0.2,
            ),
            Panel(
                "99th percentile",
                quantile(f"api_response_time_seconds_bucket{OURS}", "service", 0.99),
                "{{service}}",
                "s",
            ),
            Panel(
                "Slowest methods, 95th percentile",
                f"topk(10, {quantile(f'api_response_time_seconds_bucket{OURS}', 'endpoint')})",
                "{{endpoint}}",
                "s",
            ),
            Panel(
                "Cache hits",
                "(sum by (cache, layer) (rate(cache_requests_total{result='hit'}[5m]))"
                " or 0 * sum by (cache, layer) (rate(cache_requests_total[5m])))"
                " / sum by (cache, layer) (rate(cache_requests_total[5m]))",
                "{{cache}} {{layer}}",
                "percentunit",
            ),
            Panel(
                "Processor",
                f"sum by (service) (rate(process_cpu_seconds_total{OURS}[5m]))",
                "{{service}}",
                "percentunit",
            ),
            Panel("Memory", f"sum by (service) (process_resident_memory_bytes{OURS})", "{{service}}", "bytes"),
            Panel("Open files", f"sum by (service) (process_open_fds{OURS})", "{{service}}"),
        ),
    ),
    "optimizer": (
        "QPO: optimizer",
        (
            Panel(
                "Solved of what can be",
                "optimizer:success:ratio_rate5m",
                unit="percentunit",
                stat=True,
                limit=0.95,
                low=True,
            ),
            Panel("Jobs that wait", "max(optimization_queue_length)", stat=True, limit=50),
            Panel("Workers lost in an hour", "sum(increase(optimization_workers_lost_total[1h]))", stat=True, limit=1),
            Panel("Ends", "sum by (result) (rate(portfolio_optimizations_total[5m]))", "{{result}}", "ops"),
            Panel(
                "By objective",
                "sum by (optimization_type) (rate(portfolio_optimizations_total[5m]))",
                "{{optimization_type}}",
                "ops",
            ),
            Panel(
                "Duration, 95th percentile",
                quantile("optimization_duration_seconds_bucket", "optimization_type"),
                "{{optimization_type}}",
                "s",
            ),
            Panel(
                "Engines that found the optimum",
                "sum by (engine) (rate(optimization_engine_answers_total[5m]))",
                "{{engine}}",
                "ops",
            ),
            Panel(
                "Engines that gave up",
                "sum by (engine) (rate(optimization_engine_fallbacks_total[5m])) or vector(0)",
                "{{engine}}",
                "ops",
            ),
            Panel("Jobs that wait", "max(optimization_queue_length)", limit=50),
        ),
    ),
    "data": (
        "QPO: market data, bus and stores",
        (
            Panel(
                "Messages before consumers",
                "sum by (consumer, topic) (max by (consumer, topic, partition) (bus_lag_messages))",
                "{{consumer}} of {{topic}}",
                limit=1000,
            ),
            Panel(
                "Oldest event not on the bus",
                "max by (service) (outbox_oldest_waiting_seconds)",
                "{{service}}",
                "s",
                limit=60,
            ),
            Panel(
                "Messages put aside in an hour",
                "sum(increase(bus_dead_letters_total[1h])) or vector(0)",
                stat=True,
                limit=1,
            ),
            Panel(
                "Market data calls",
                'sum by (endpoint) (rate(api_requests_total{service="marketdata"}[5m]))',
                "{{endpoint}}",
                "reqps",
            ),
            Panel(
                "Told without an outbox",
                "sum by (topic, result) (rate(announcements_total[5m]))",
                "{{topic}} {{result}}",
                "ops",
            ),
            Panel("Endless streams", 'envoy_cluster_upstream_rq_active{envoy_cluster_name="ticks"}'),
            Panel("PostgreSQL sessions", 'sum by (state) (pg_stat_activity_count{datname="qpo"})', "{{state}}"),
            Panel("PostgreSQL transactions", 'rate(pg_stat_database_xact_commit{datname="qpo"}[5m])', "commits", "ops"),
            Panel("PostgreSQL size", 'pg_database_size_bytes{datname="qpo"}', unit="bytes"),
            Panel("Redis memory", "redis_memory_used_bytes", unit="bytes"),
            Panel("Redis commands", "rate(redis_commands_processed_total[5m])", unit="ops"),
            Panel(
                "Disk left",
                "node_filesystem_avail_bytes / node_filesystem_size_bytes",
                "{{mountpoint}}",
                "percentunit",
                limit=0.1,
                low=True,
            ),
            Panel("Load", "node_load1"),
            Panel("Memory left", "node_memory_MemAvailable_bytes", unit="bytes"),
        ),
    ),
    "business": (
        "QPO: business",
        (
            Panel("Portfolios", "max(active_portfolios_count)", stat=True),
            Panel("Users of the day", "max(daily_active_users)", stat=True, limit=1000, low=True),
            Panel(
                "Average return, a year",
                "max(portfolio_average_return)",
                unit="percentunit",
                stat=True,
                limit=0.1,
                low=True,
            ),
            Panel("Portfolios over time", "max(active_portfolios_count)"),
            Panel("Users of the day over time", "max(daily_active_users)"),
            Panel(
                "Optimizations by tier",
                "sum by (user_tier) (increase(portfolio_optimizations_total[1h]))",
                "{{user_tier}}",
            ),
            Panel("Attempts to log in", "sum by (result) (increase(login_attempts_total[1h]))", "{{result}}"),
        ),
    ),
}


def rendered() -> Iterator[tuple[Path, str]]:
    """Yields the path and the content of every dashboard."""
    for name, (title, panels) in DASHBOARDS.items():
        yield FOLDER / f"{name}.json", json.dumps(_dashboard(name, title, panels), indent=1, ensure_ascii=False) + "\n"


def _dashboard(name: str, title: str, panels: tuple[Panel, ...]) -> dict[str, Any]:
    return {
        "uid": f"qpo-{name}",
        "title": title,
        "tags": ["qpo"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": _variables(panels)},
        "panels": [panel.json(number) for number, panel in enumerate(panels)],
    }


def _variables(panels: tuple[Panel, ...]) -> list[dict[str, Any]]:
    source = {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
    service = {
        "name": "service",
        "type": "query",
        "datasource": SOURCE,
        "query": 'label_values(up{job="portfolio-app"}, service)',
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }
    return [source, *([service] if any("$service" in panel.query for panel in panels) else [])]


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    for path, text in rendered():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(FOLDER.parents[1])}")


if __name__ == "__main__":
    main()
