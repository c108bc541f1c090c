"""Charts as SVG, readable on light and on dark. Pure: from numbers to text.

The background is transparent and all ink has a middle tone, so that one file suits both. Each
panel has its own scale, which starts at 0.
"""

import math
import xml.sax.saxutils

_INK = "#7d8590"
_GRID = "#7d859040"
# Distinguishable with red-green colour blindness, too (Okabe and Ito's palette, mid tones).
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8c6bb1")
_PANEL_WIDTH = 760
_LABEL_WIDTH = 190
_BAR_HEIGHT = 18
_BAR_GAP = 7
_LINE_PANEL_HEIGHT = 300


def _escaped(text):
    return xml.sax.saxutils.escape(str(text))


def _text(x, y, text, anchor="start", size=12, weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
            f'font-weight="{weight}" fill="{_INK}">{_escaped(text)}</text>')


def _line(x1, y1, x2, y2, colour=_GRID, width=1.0):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{colour}" stroke-width="{width}"/>')


def ticks(largest, count=5):
    """Round numbers from 0 to at least `largest`."""
    if largest <= 0:
        return [0.0, 1.0]
    rough = largest / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    return [step * n for n in range(math.ceil(largest / step * 0.999) + 1)]


def _tick_text(value):
    return f"{value:,.10g}" if value >= 1000 else f"{value:.4g}"


def bars(title, unit, parts, rows):
    """A panel of horizontal bars. `parts` name the segments of a bar; `rows` are (label, values)
    with a value for each part. Returns (svg, height)."""
    scale = ticks(max((sum(values) for _, values in rows), default=0))
    width = _PANEL_WIDTH - _LABEL_WIDTH - 70
    top, height = 44, len(rows) * (_BAR_HEIGHT + _BAR_GAP)
    svg = [_text(0, 14, title, size=14, weight="bold")]
    for n, part in enumerate(parts if len(parts) > 1 else ()):
        x = _LABEL_WIDTH + n * 110
        svg += [f'<rect x="{x}" y="23" width="10" height="10" fill="{COLOURS[n]}"/>',
                _text(x + 15, 32, part)]
    for tick in scale:
        x = _LABEL_WIDTH + width * tick / scale[-1]
        svg += [_line(x, top, x, top + height), _text(x, top + height + 14, _tick_text(tick),
                                                      "middle", 11)]
    for n, (label, values) in enumerate(rows):
        y, x = top + n * (_BAR_HEIGHT + _BAR_GAP) + _BAR_GAP / 2, float(_LABEL_WIDTH)
        svg.append(_text(_LABEL_WIDTH - 8, y + 13, label, "end"))
        for colour, value in zip(COLOURS, values):
            length = width * value / scale[-1]
            svg.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{length:.1f}" '
                       f'height="{_BAR_HEIGHT}" fill="{colour}"/>')
            x += length
        svg.append(_text(x + 6, y + 13, _tick_text(float(f"{sum(values):.3g}")), size=11))
    svg.append(_text(_LABEL_WIDTH + width / 2, top + height + 30, unit, "middle", 11))
    return "\n".join(svg), top + height + 48


def lines(title, x_unit, y_unit, xs, series):
    """A panel of lines over a logarithmic x axis. `series` are (label, values), None where nothing
    was measured. Returns (svg, height)."""
    scale = ticks(max((v for _, values in series for v in values if v is not None), default=0))
    left, top, width, height = 70, 30, _PANEL_WIDTH - 260, _LINE_PANEL_HEIGHT - 90
    low, high = math.log10(xs[0]), math.log10(xs[-1])

    def place(x, y):
        share = (math.log10(x) - low) / (high - low) if high > low else 0.5
        return left + width * share, top + height * (1 - y / scale[-1])

    svg = [_text(0, 14, title, size=14, weight="bold")]
    for tick in scale:
        y = place(xs[0], tick)[1]
        svg += [_line(left, y, left + width, y),
                _text(left - 8, y + 4, _tick_text(tick), "end", 11)]
    svg += [_text(place(x, 0)[0], top + height + 16, f"{x:,}", "middle", 11) for x in xs]
    svg.append(_text(left + width / 2, top + height + 34, x_unit, "middle", 11))
    svg.append(f'<g transform="translate(14 {top + height / 2}) rotate(-90)">'
               f'{_text(0, 0, y_unit, "middle", 11)}</g>')
    for n, (label, values) in enumerate(series):
        colour = COLOURS[n % len(COLOURS)]
        points = [place(x, value) for x, value in zip(xs, values) if value is not None]
        svg.append('<polyline fill="none" stroke-width="2" stroke="{}" points="{}"/>'.format(
            colour, " ".join(f"{x:.1f},{y:.1f}" for x, y in points)))
        svg += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        y = top + 10 + n * 18
        svg += [_line(left + width + 20, y, left + width + 40, y, colour, 2),
                _text(left + width + 46, y + 4, label)]
    return "\n".join(svg), _LINE_PANEL_HEIGHT


def document(panels, caption=""):
    """Panels, as bars() and lines() return them, one below the other."""
    margin, y, body = 16, 16, []
    for svg, height in panels:
        body.append(f'<g transform="translate({margin} {y})">\n{svg}\n</g>')
        y += height + 12
    if caption:
        body.append(_text(margin, y + 8, caption, size=10))
        y += 20
    width = _PANEL_WIDTH + 2 * margin
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" '
            f'viewBox="0 0 {width} {y}" font-family="system-ui, sans-serif">\n'
            + "\n".join(body) + "\n</svg>\n")


# --- charts of a comparison ---

def _bar_panels(scenario):
    names = [f"{result['label']} {result['version']}".strip() for result in scenario["servers"]]
    costs = [(name, (result["median"]["user_us"], result["median"]["system_us"]))
             for name, result in zip(names, scenario["servers"])]
    panels = [bars(scenario["title"], "CPU µs an answer", ("user", "system"), costs)]
    others = [(name, result) for name, result in zip(names, scenario["servers"])
              if not result["kind"].startswith("echo")]
    if scenario["start_matters"]:
        panels.append(bars("Start to first answer", "seconds", ("start",), [
            (name, (result["start_seconds"],)) for name, result in others]))
        panels.append(bars("Memory (PSS)", "MB", ("PSS",), [
            (name, (result["pss_bytes"] / 1e6,)) for name, result in others]))
    return panels


def _growth_panels(scenarios):
    sizes = [scenario["size"] for scenario in scenarios]
    kinds = {result["kind"]: f"{result['label']} {result['version']}".strip()
             for scenario in scenarios for result in scenario["servers"]}

    def series(value):
        return [(label, [next((value(result) for result in scenario["servers"]
                               if result["kind"] == kind), None) for scenario in scenarios])
                for kind, label in kinds.items() if not kind.startswith("echo")]

    return [lines("User CPU as the zone grows", "names in the zone", "user µs an answer", sizes,
                  series(lambda result: result["median"]["user_us"])),
            lines("Memory as the zone grows", "names in the zone", "PSS, MB", sizes,
                  series(lambda result: result["pss_bytes"] / 1e6))]


def comparison(results, caption):
    panels = []
    grown = [scenario for scenario in results["scenarios"] if scenario["name"] == "growth"]
    for scenario in results["scenarios"]:
        if scenario["name"] != "growth":
            panels += _bar_panels(scenario)
    if len(grown) > 1:
        panels += _growth_panels(grown)
    return document(panels, caption)
