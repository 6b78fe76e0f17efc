"""``manage.py bench``: figures with their baseline, measured in the same run."""

import asyncio
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from playground.benchmarks import (
    burst,
    first_output,
    frame_time,
    grid,
    pages,
    probe_accuracy,
    probe_overhead,
    stream,
    throughput,
)

BENCHMARKS = {
    "first-output": first_output.measure,
    "throughput": throughput.measure,
    "burst": burst.measure,
    "probe-accuracy": probe_accuracy.measure,
    "probe-overhead": probe_overhead.measure,
    "stream": stream.measure,
    "frame-time": frame_time.measure,
    "pages": pages.measure,
    "grid": grid.measure,
}


class Command(BaseCommand):
    """Each figure is printed as soon as it is known."""

    help = "Measure how fast this machine runs cells."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to measure, and how to print it."""
        parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], metavar="NAME")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *arguments: Any, names: list[str], as_json: bool, **options: Any) -> None:
        """Run the named benchmarks, or all."""
        asyncio.run(self._measure(names or list(BENCHMARKS), as_json=as_json))

    async def _measure(self, names: list[str], *, as_json: bool) -> None:
        for name in names:
            async for figure in BENCHMARKS[name]():
                self.stdout.write(figure.as_json() if as_json else figure.as_text())
