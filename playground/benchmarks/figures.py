"""A figure of a benchmark, and how it is printed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import msgspec


class Baseline(msgspec.Struct, frozen=True):
    """What the figure is held against, measured in the same run, in the same unit."""

    name: str
    value: float


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One measured thing. ``ratio`` reads directly as the limit: ours over the baseline."""

    name: str
    unit: str
    n: int
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    value: float | None = None
    baseline: Baseline | None = None
    ratio: float | None = None

    def as_json(self) -> str:
        """One line of ``--json``."""
        return msgspec.json.encode(self).decode()

    def as_text(self) -> str:
        """One line for a person."""
        figures = {"p50": self.p50, "p95": self.p95, "p99": self.p99, "value": self.value}
        shown = "  ".join(f"{name} {value:.1f}" for name, value in figures.items() if value)
        line = f"{self.name:<40} {shown} {self.unit}  (n={self.n})"
        if self.baseline is None:
            return line
        return f"{line}  {self.baseline.name} {self.baseline.value:.1f}, ratio {self.ratio:.2f}"


def spread(name: str, milliseconds: Sequence[float], baseline: Baseline) -> Figure:
    """Median and 95th percentile of ``milliseconds`` against a baseline's median."""
    ordered = sorted(milliseconds)
    p50 = statistics.median(ordered)
    return Figure(
        name=name,
        unit="ms",
        n=len(ordered),
        p50=round(p50, 2),
        p95=round(percentile(ordered, 0.95), 2),
        baseline=Baseline(baseline.name, round(baseline.value, 2)),
        ratio=round(p50 / baseline.value, 2),
    )


def tail(name: str, milliseconds: Sequence[float], baseline: Baseline | None = None) -> Figure:
    """Median, 95th and 99th percentile; ``ratio`` is of the last, as the baseline is one too."""
    p99 = percentile(milliseconds, 0.99)
    return Figure(
        name=name,
        unit="ms",
        n=len(milliseconds),
        p50=round(percentile(milliseconds, 0.5), 2),
        p95=round(percentile(milliseconds, 0.95), 2),
        p99=round(p99, 2),
        baseline=Baseline(baseline.name, round(baseline.value, 2)) if baseline else None,
        ratio=round(p99 / baseline.value, 2) if baseline else None,
    )


def rate(name: str, per_second: float, n: int, baseline: Baseline) -> Figure:
    """Runs per second against a baseline's."""
    return Figure(
        name=name,
        unit="runs/s",
        n=n,
        value=round(per_second, 1),
        baseline=Baseline(baseline.name, round(baseline.value, 2)),
        ratio=round(per_second / baseline.value, 1),
    )


def size(name: str, mebibytes: float, n: int) -> Figure:
    """Memory in MB (proportional share)."""
    return Figure(name=name, unit="MB", n=n, value=round(mebibytes, 1))


def share(name: str, percent: float, n: int, baseline: Baseline) -> Figure:
    """So many of a hundred, against a baseline's."""
    return Figure(
        name=name,
        unit="%",
        n=n,
        value=round(percent, 1),
        baseline=Baseline(baseline.name, round(baseline.value, 1)),
        ratio=round(percent / baseline.value, 2) if baseline.value else None,
    )


def percentile(values: Sequence[float], part: float) -> float:
    """The value that ``part`` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
