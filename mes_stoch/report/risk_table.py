"""What a run says of risk, in lines for its table."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.report.run import Run


def risk_lines(run: Run) -> Iterator[tuple[str, str]]:
    """Label and text of each line; none where the instance states no risk."""
    risk = run.summary.get("risk")
    if risk is None or risk["value"] is None:
        return
    currency = run.currency
    yield measure_in_words(risk["measure"], risk["alpha"]), f"{risk['value']:,.2f} {currency}"
    if risk["measure"] == "cvar":
        yield "value at risk", f"{risk['value_at_risk']:,.2f} {currency}"
    beta = risk["beta"]
    if beta > 0 and run.objective is not None:
        parts = f"{1 - beta:.4g} x expected profit + {beta:.4g} x {measure_in_words(risk['measure'], risk['alpha'])}"
        yield "maximised", f"{run.objective:,.2f} {currency}: {parts}"


def measure_in_words(measure: str, alpha: float | None) -> str:
    """What is weighed beside the expected profit."""
    if measure == "cvar" and alpha is not None:
        return f"CVaR (worst {100 * (1 - alpha):.4g} %)"
    return measure.replace("_", " ")
