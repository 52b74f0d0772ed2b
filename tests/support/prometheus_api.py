"""Asking a Prometheus."""

from typing import Any

import httpx


class PrometheusApi:
    """The HTTP API of one server."""

    def __init__(self, url: str) -> None:
        self._url = url

    def query(self, expr: str) -> list[dict[str, Any]]:
        """Evaluate an expression now; the time series that it gives."""
        answer = httpx.get(f"{self._url}/api/v1/query", params={"query": expr}, timeout=10)
        assert answer.status_code == 200, f"{expr}: {answer.text}"
        result: list[dict[str, Any]] = answer.json()["data"]["result"]
        return result

    def number(self, expr: str) -> float | None:
        """The value of the only time series; None without one."""
        found = self.query(expr)
        assert len(found) <= 1, found
        return float(found[0]["value"][1]) if found else None

    def targets(self) -> dict[str, str]:
        """The health of each job."""
        active = httpx.get(f"{self._url}/api/v1/targets", timeout=10).json()["data"]["activeTargets"]
        return {target["labels"]["job"]: target["health"] for target in active}

    def alerts(self, state: str = "firing") -> set[str]:
        """Names of the alerts in a state."""
        found = httpx.get(f"{self._url}/api/v1/alerts", timeout=10).json()["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in found if alert["state"] == state}
