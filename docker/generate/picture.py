"""The catchment as a picture: clients on the left, sites on the right, a line for each answer.

Not a map: three of four cities of a lab are so close that their names would cover each other.
"""

from xml.sax import saxutils

_WIDTH, _ROW, _TOP = 820, 46, 60
_CLIENT_RIGHT, _SITE_LEFT = 300, 550
# Each line's end is labelled, too, for readers who cannot see the colours.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#b0508c", "#2f86b7", "#8a5a00", "#5b4fcf", "#7a5c00",
            "#a50026", "#006d5b", "#4d4d4d", "#8f6a00")
_NOBODY = "#a50026"


def _text(x, y, text, size=14, weight="normal", colour="#222", anchor="start"):
    return (f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
            f'text-anchor="{anchor}">{saxutils.escape(text)}</text>')


def _box(x, y, width, colour, first, second):
    return [f'<rect x="{x}" y="{y - 18}" width="{width}" height="36" rx="6" fill="#fff" '
            f'stroke="{colour}" stroke-width="2"/>',
            _text(x + 12, y - 2, first, weight="bold"),
            _text(x + 12, y + 12, second, size=11, colour="#555")]


def _rows(count, rows):
    """Centres of `count` boxes, spread over the height of `rows` ones."""
    return [round(_TOP + (index + 0.5) * rows / count * _ROW) for index in range(count)]


def svg(topo, catchment):
    """`catchment`: the site that answers each client, or None."""
    sites, rows = topo.sites(), max(len(topo.sites()), len(catchment))
    height = _TOP + rows * _ROW + 20
    colours = dict(zip(sites, _COLOURS))
    site_y = dict(zip(sites, _rows(len(sites), rows)))
    summary = "; ".join(f"{client}: {site or 'nobody'}" for client, site in catchment.items())
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
             f'width="{_WIDTH}" height="{height}" font-family="sans-serif" role="img">',
             f"<title>Which site answers which client: {saxutils.escape(summary)}</title>",
             f'<rect width="{_WIDTH}" height="{height}" fill="#f7f7f4"/>',
             _text(30, 34, "Clients", size=16, weight="bold"),
             _text(_SITE_LEFT, 34, "Sites", size=16, weight="bold")]
    for (client, site), y in zip(catchment.items(), _rows(len(catchment), rows)):
        colour = colours.get(site, _NOBODY)
        if site is not None:
            lines.append(f'<line x1="{_CLIENT_RIGHT}" y1="{y}" x2="{_SITE_LEFT}" '
                         f'y2="{site_y[site]}" stroke="{colour}" stroke-width="3"/>')
        box = topo.boxes[client]
        behind = " and ".join(other.name for _, other in topo.links_of(client))
        lines += _box(30, y, _CLIENT_RIGHT - 30, colour, f"{client}: {site or 'nobody'}",
                      f"AS {box.number}, behind {behind}")
    for site, y in site_y.items():
        router = topo.router(site)
        count = len(topo.nodes(site))
        lines += _box(_SITE_LEFT, y, 240, colours[site], f"{site}, {router.place[0]}",
                      f"AS {router.number}, {count} node{'s' if count > 1 else ''}, "
                      f"behind {topo.uplink(router.name).name}")
    return "\n".join([*lines, "</svg>"]) + "\n"
