"""Shapes of panels that come again and again."""

from meadow_dashboards.model import Panel, Query

RATE = "$__rate_interval"
RED_ABOVE_ZERO = ((1.0, "red"),)


def number(
    title: str,
    expr: str,
    *,
    unit: str = "short",
    steps: tuple[tuple[float, str], ...] = (),
    about: str = "",
    legend: str = "",
) -> Panel:
    """One number, large; with a legend, that instead of the number."""
    return Panel(title, (Query(expr, legend),), unit=unit, kind="stat", about=about, width=4, height=4, steps=steps)


def lines(
    title: str, *queries: tuple[str, str], unit: str = "short", about: str = "", width: int = 8, stacked: bool = False,
    needs: str = "",
) -> Panel:  # fmt: skip
    """Lines over time: (expression, legend) each."""
    made = tuple(Query(expr, legend) for expr, legend in queries)
    return Panel(title, made, unit=unit, about=about, width=width, stacked=stacked, needs=needs)


def quantiles(title: str, metric: str, *, by: str = "", selector: str = "", about: str = "", width: int = 8) -> Panel:
    """Median, 95th and 99th percentile of a histogram of seconds."""
    labels = f"le, {by}" if by else "le"
    name = f"{{{{{by}}}}} " if by else ""
    queries = tuple(
        Query(
            f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket{selector}[{RATE}])))",
            f"{name}p{share * 100:g}",
        )
        for share in (0.5, 0.95, 0.99)
    )
    return Panel(title, queries, unit="s", about=about, width=width)
