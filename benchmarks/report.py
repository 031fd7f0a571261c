"""Writes what was measured into a page of docs/, and for decisions two plots as SVG, drawn by hand in a few lines."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

Runs: TypeAlias = Sequence[dict[str, Any]]

COLOURS = {
    "floor": "#6b7280",
    "partnerauth": "#c81e1e",
    "partnerauth-for-user": "#e9730c",
    "partnerauth-explain": "#9d174d",
    "sqlite": "#1d4ed8",
    "django-rules": "#0f766e",
    "cedarpy": "#6d28d9",
    "pycasbin-fast": "#a16207",
    "pycasbin": "#374151",
}
MARK = "<!-- What is between these two lines is written by `make bench`. -->"
WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 78, 178, 56, 56


class Target(NamedTuple):
    """A figure that a run is held to: what it says, the most it may be, and what it is."""

    says: str
    most: float
    measured: float
    unit: str

    @property
    def is_met(self) -> bool:
        """Whether the run kept to it."""
        return self.measured <= self.most


def write(runs: Runs, folder: Path) -> None:
    """Write the page and its plots into a folder."""
    (folder / "performance-decisions.svg").write_text(decisions_plot(runs), encoding="utf-8")
    (folder / "performance-memory.svg").write_text(memory_plot(runs), encoding="utf-8")
    put(folder / "performance.md", measured(runs))


def put(page: Path, *texts: str) -> None:
    """Write texts into a page, each between two marks.  Raises ValueError where it has others than so many places."""
    parts = page.read_text("utf-8").split(MARK)
    parts[1::2] = [f"\n\n{text}\n\n" for text in texts]
    page.write_text(MARK.join(parts), encoding="utf-8")


def measured(runs: Runs) -> str:
    """Return the part of the page that a run writes."""
    sizes = sorted({_size(run) for run in runs})
    tables = "\n\n".join(f"### {size:,} elements\n\n{_table(runs, size)}" for size in sizes)
    return f"""\
{machine()}

![Median time of a decision against the number of elements](performance-decisions.svg)

![Bytes an element takes](performance-memory.svg)

{_targets_table(targets(runs))}

{tables}"""


def targets(runs: Runs) -> list[Target]:
    """Return every figure that decisions are held to, as far as a run says something of it."""
    by = {(run["engine"], _size(run)): run for run in runs}
    sizes = sorted({size for _, size in by})
    found = []
    for size in sizes:
        floor, ours = by.get(("floor", size)), by.get(("partnerauth", size))
        if floor and ours:
            found.append(_ratio(f"p50 at {size:,} against the floor", 1.5, ours["p50_us"], floor["p50_us"]))
    top = sizes[-1]
    ours, floor = by.get(("partnerauth", top)), by.get(("floor", top))
    if not ours or not floor:
        return found
    for peer, times in (("cedarpy", 15), ("sqlite", 6)):
        if other := by.get((peer, top)):
            found.append(_ratio(f"p50 at {top:,} against {peer}", 1 / times, ours["p50_us"], other["p50_us"]))
    if explains := by.get(("partnerauth-explain", top)):
        found.append(_ratio(f"explain at {top:,} against can", 4, explains["p50_us"], ours["p50_us"]))
    if handle := by.get(("partnerauth-for-user", top)):
        found.append(_ratio(f"for_user at {top:,} against the floor", 1, handle["p50_us"], floor["p50_us"]))
    found += [
        Target(f"memory at {top:,}", 24, ours["bytes_per_element"], "bytes an element"),
        _ratio(f"load of {top:,} against building the floor's set", 2, ours["load_s"], floor["load_s"]),
        Target(f"one grant visible at {top:,}", 3, ours["write_us"], "µs"),
    ]
    return found


def _ratio(says: str, most: float, ours: float, other: float) -> Target:
    return Target(says, most, ours / other, "times")


def _targets_table(found: Iterable[Target]) -> str:
    lines = ["| target | at most | measured | |", "| --- | ---: | ---: | --- |"]
    for each in found:
        met = "reached" if each.is_met else f"missed, {each.measured / each.most:.1f} times too much"
        lines.append(
            f"| {each.says} | {_figure(each.most)} {each.unit} | {_figure(each.measured)} {each.unit} | {met} |"
        )
    return "\n".join(lines)


def _table(runs: Runs, size: int) -> str:
    here = [run for run in runs if _size(run) == size]
    floor = next((run["p50_us"] for run in here if run["engine"] == "floor"), math.nan)
    lines = [
        "| engine | version | p50 µs | of the floor's | p99 µs | a second | load s | bytes an element | write µs |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for run in here:
        cells = (
            run["engine"],
            run["version"],
            _figure(run["p50_us"]),
            f"{_figure(run['p50_us'] / floor)} times",
            _figure(run["p99_us"]),
            f"{run['per_second']:,}",
            _figure(run["load_s"]),
            _figure(run["bytes_per_element"]),
            _figure(run["write_us"]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _figure(value: float) -> str:
    """Return a number with as many places as it deserves."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 100 else f"{value:.3g}"


def machine() -> str:
    """Return what was measured with, as a sentence."""
    model = "unknown processor"
    cpu = Path("/proc/cpuinfo")
    if cpu.exists():
        named = [line.partition(":")[2].strip() for line in cpu.read_text("utf-8").splitlines() if "model name" in line]
        model = named[0] if named else model
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"Measured with {python} on {platform.system()}, {os.cpu_count()} cores of {model}; one process, one thread."


def _size(run: dict[str, Any]) -> int:
    """Return the size that was asked for: the workload ends with the first user past it."""
    return int(10 ** round(math.log10(run["elements"]), 1) + 0.5)


# Plots.


def decisions_plot(runs: Runs) -> str:
    """Return p50 against the number of elements, both logarithmic, one line an engine."""
    engines = list(dict.fromkeys(run["engine"] for run in runs))
    lines = {name: sorted((_size(run), run["p50_us"]) for run in runs if run["engine"] == name) for name in engines}
    xs = sorted({x for line in lines.values() for x, _ in line})
    ys = [y for line in lines.values() for _, y in line]
    low, high = 10 ** math.floor(math.log10(min(ys))), 10 ** math.ceil(math.log10(max(ys)))

    def at(x: float, y: float) -> tuple[float, float]:
        span = math.log10(xs[-1] / xs[0]) or 1
        across = math.log10(x / xs[0]) / span
        up = math.log10(y / low) / math.log10(high / low)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    parts = [_text(LEFT, 26, "Median time of one decision, by how many elements are held", size=15, weight="600")]
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        _, y = at(xs[0], 10**power)
        parts += [_rule(LEFT, y, WIDTH - RIGHT, y), _text(LEFT - 8, y + 4, _time(10.0**power), anchor="end")]
    for x in xs:
        across, _ = at(x, low)
        parts += [
            _rule(across, TOP, across, HEIGHT - BOTTOM),
            _text(across, HEIGHT - BOTTOM + 20, f"{x:,}", anchor="middle"),
        ]
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "rights and resources held", anchor="middle"))
    ends = {name: at(*line[-1]) for name, line in lines.items()}
    labels = _apart({name: y for name, (x, y) in ends.items() if x >= WIDTH - RIGHT - 1}, 15)
    for name, line in lines.items():
        colour, strong = COLOURS.get(name, "#000000"), name.startswith("partnerauth")
        points = " ".join(f"{across:.1f},{up:.1f}" for across, up in (at(*point) for point in line))
        dash = ' stroke-dasharray="5 4"' if name == "floor" else ""
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{2.6 if strong else 1.8}"{dash}/>'
        )
        parts += [_dot(*at(*point), colour) for point in line]
        x, y = ends[name]
        if x < WIDTH - RIGHT - 1:
            parts.append(_text(x + 10, y + 4, name, colour=colour))
            continue
        label = WIDTH - RIGHT + 16
        parts.append(
            f'<path d="M{x + 4:.1f} {y:.1f} L{label - 3} {labels[name]:.1f}" stroke="{colour}" stroke-width=".7"/>'
        )
        parts.append(_text(label, labels[name] + 4, name, colour=colour, weight="600" if strong else "400"))
    return _svg(parts, HEIGHT)


def memory_plot(runs: Runs) -> str:
    """Return bytes an element at the largest size, one bar an engine, the least first."""
    most = max(_size(run) for run in runs)
    alike = {"partnerauth-explain", "partnerauth-for-user"}
    here = [run for run in runs if _size(run) == most and run["engine"] not in alike]
    here.sort(key=lambda run: run["bytes_per_element"])
    top = max(run["bytes_per_element"] for run in here) or 1
    height, step = TOP + 34 * len(here) + 16, 34
    parts = [_text(20, 26, f"Bytes of memory an element, {most:,} of them held", size=15, weight="600")]
    for number, run in enumerate(here):
        y = TOP + number * step
        width = (WIDTH - 150 - 90) * max(run["bytes_per_element"], 0) / top
        colour = COLOURS.get(run["engine"], "#000000")
        weight = "600" if run["engine"] == "partnerauth" else "400"
        parts += [
            _text(142, y + 15, run["engine"], anchor="end", weight=weight, colour=colour),
            f'<rect x="150" y="{y}" width="{max(width, 1):.1f}" height="21" rx="2" fill="{colour}"/>',
            _text(156 + width, y + 15, _figure(run["bytes_per_element"]), weight=weight),
        ]
    return _svg(parts, height)


def _apart(wanted: dict[str, float], gap: float) -> dict[str, float]:
    """Return places near the wanted ones, none nearer to another than the gap."""
    placed: dict[str, float] = {}
    last = -math.inf
    for name, y in sorted(wanted.items(), key=lambda each: each[1]):
        last = placed[name] = max(y, last + gap)
    below = max(0.0, last - (HEIGHT - BOTTOM))
    return {name: y - below for name, y in placed.items()}


def _time(microseconds: float) -> str:
    if microseconds >= 1000:
        return f"{microseconds / 1000:g} ms"
    return f"{microseconds:g} µs"


def _rule(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<path d="M{x:.1f} {y:.1f} L{to_x:.1f} {to_y:.1f}" stroke="#e5e7eb"/>'


def _dot(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'


def _text(  # noqa: PLR0913 - what a text in a plot is made of
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: int = 12,
    weight: str = "400",
    colour: str = "#1f2937",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" '
        f'fill="{colour}">{escape(text)}</text>'
    )


def _svg(parts: Iterable[str], height: int) -> str:
    """Return a whole plot on white, so that it can be read on a dark page too."""
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="system-ui, -apple-system, Segoe UI, sans-serif">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )
