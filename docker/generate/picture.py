"""The catchment as a picture: sites and clients on a flat map, each client joined to its site."""

from xml.sax import saxutils

_WIDTH, _HEIGHT = 1000, 470
# Told apart by those who do not see colours by the name that stands beside each client.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#5b4fcf", "#7a5c00",
            "#a50026", "#006d5b", "#4d4d4d", "#b8860b")
_NOBODY = "#777777"


def _point(box):
    """Plate carrée, without the latitudes where nobody is."""
    _, latitude, longitude = box.place
    return (longitude + 180) / 360 * _WIDTH, (75 - latitude) / 130 * _HEIGHT


def _text(x, y, text, colour, weight="normal"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}" font-weight="{weight}">'
            f"{saxutils.escape(text)}</text>")


def svg(topo, catchment):
    """`catchment`: the site that answers, by client; None: nobody does."""
    colours = dict(zip(topo.sites(), _COLOURS))
    summary = "; ".join(f"{client}: {site or 'nobody'}" for client, site in catchment.items())
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
             'font-family="sans-serif" font-size="13" role="img">',
             f"<title>Catchment: {saxutils.escape(summary)}</title>",
             f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#f7f7f4"/>']
    for client, site in catchment.items():
        x, y = _point(topo.boxes[client])
        colour = colours.get(site, _NOBODY)
        if site is not None:
            to_x, to_y = _point(topo.router(site))
            lines.append(f'<line x1="{x:.0f}" y1="{y:.0f}" x2="{to_x:.0f}" y2="{to_y:.0f}" '
                         f'stroke="{colour}" stroke-width="2"/>')
        lines.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="5" fill="{colour}"/>')
        lines.append(_text(x + 8, y - 6, f"{client}: {site or 'nobody'}", colour))
    for site in topo.sites():
        x, y = _point(topo.router(site))
        lines.append(f'<rect x="{x - 7:.0f}" y="{y - 7:.0f}" width="14" height="14" '
                     f'fill="{colours[site]}" stroke="#000"/>')
        lines.append(_text(x + 10, y + 17, site, "#000", "bold"))
    return "\n".join([*lines, "</svg>"]) + "\n"
