"""What a dashboard is made of, and the JSON that Grafana takes for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

DATASOURCE = {"type": "prometheus", "uid": "prometheus"}
COLUMNS = 24
SCHEMA_VERSION = 39
"""Of Grafana 11; newer ones bring it up to date as they read it."""


@dataclass(frozen=True)
class Query:
    """A query, and what its lines are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One chart or number."""

    title: str
    queries: tuple[Query, ...]
    unit: str = "short"
    kind: str = "timeseries"
    about: str = ""
    width: int = 8
    height: int = 8
    stacked: bool = False
    steps: tuple[tuple[float, str], ...] = ()
    """From which value on it has which colour; below the first one it is green."""
    needs: str = ""
    """A part that not every stack has; without it, the panel is empty."""

    def render(self, number: int, x: int, y: int) -> dict[str, Any]:
        """Write it as Grafana does."""
        thresholds = [{"color": "green", "value": None}, *({"color": c, "value": v} for v, c in self.steps)]
        defaults: dict[str, Any] = {"unit": self.unit, "thresholds": {"mode": "absolute", "steps": thresholds}}
        options: dict[str, Any]
        if self.kind == "timeseries":
            stacking = {"mode": "normal" if self.stacked else "none", "group": "A"}
            defaults["custom"] = {"fillOpacity": 25 if self.stacked else 8, "lineWidth": 1, "stacking": stacking}
            defaults["min"] = 0
            options = {
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }
        else:
            options = {
                "colorMode": "value",
                "graphMode": "area",
                "textMode": "name" if any(query.legend for query in self.queries) else "auto",
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            }
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.about,
            "datasource": DATASOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": options,
            "targets": [
                {
                    "refId": chr(ord("A") + place),
                    "datasource": DATASOURCE,
                    "expr": query.expr,
                    "legendFormat": query.legend or "__auto",
                }
                for place, query in enumerate(self.queries)
            ],
        }


@dataclass(frozen=True)
class Row:
    """Panels under a heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Dashboard:
    """A page of panels."""

    uid: str
    title: str
    about: str
    rows: Sequence[Row]
    tags: tuple[str, ...] = field(default=("meadow",))

    @property
    def panels(self) -> Iterator[Panel]:
        """Every panel."""
        for row in self.rows:
            yield from row.panels

    def render(self) -> dict[str, Any]:
        """Lay the panels out from left to right, and write the page as Grafana does."""
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.about,
            "tags": list(self.tags),
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "timezone": "browser",
            "templating": {"list": []},
            "annotations": {"list": [_ALERTS]},
            "links": [{"type": "dashboards", "tags": ["meadow"], "title": "Meadow", "asDropdown": False, "icon": ""}],
            "panels": list(self._laid_out()),
        }

    def _laid_out(self) -> Iterator[dict[str, Any]]:
        number, y = 1, 0
        for row in self.rows:
            yield {
                "id": number, "type": "row", "title": row.title, "collapsed": False, "panels": [],
                "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
            }  # fmt: skip
            number, y, x, height = number + 1, y + 1, 0, 0
            for panel in row.panels:
                if x + panel.width > COLUMNS:
                    x, y, height = 0, y + height, 0
                yield panel.render(number, x, y)
                number, x, height = number + 1, x + panel.width, max(height, panel.height)
            y += height


_ALERTS = {
    "name": "Alerts",
    "datasource": DATASOURCE,
    "enable": True,
    "iconColor": "red",
    "expr": 'ALERTS{alertstate="firing"}',
    "titleFormat": "{{alertname}}",
}
