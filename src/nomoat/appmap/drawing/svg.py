"""The graph as an SVG of its own: no script, no foreign font or address, light and dark."""

from __future__ import annotations

from html import escape

from nomoat.appmap.drawing.graph import Column, Edge, Graph, Node
from nomoat.errors import printable

_STYLE = """
.nm { --line:#8a93a0; --box:#f6f7f9; --text:#15181d; --mute:#545c68; --open:#c2410c; --unknown:#a16207;
  --page:#ffffff; }
@media (prefers-color-scheme: dark) { .nm { --line:#77808c; --box:#1c2128; --text:#e6e9ee; --mute:#a3acb9;
  --open:#fb923c; --unknown:#facc15; --page:#12151a; } }
.nm .page { fill:var(--page); } .nm text { fill:var(--text); font:13px system-ui,sans-serif; }
.nm .mute { fill:var(--mute); font-size:11px; } .nm .head { font-weight:600; }
.nm rect.box { fill:var(--box); stroke:var(--line); stroke-width:1; }
.nm rect.open { stroke:var(--open); stroke-width:2.5; } .nm rect.unknown { stroke:var(--unknown); stroke-width:2; }
.nm rect.unknown, .nm rect.more { stroke-dasharray:5 3; }
.nm path { fill:none; stroke:var(--line); stroke-width:1.2; } .nm path.open { stroke:var(--open); stroke-width:2; }
.nm path.unknown { stroke:var(--unknown); stroke-dasharray:5 3; } .nm path.writes { stroke-width:2.2; }
"""
_HEADS: dict[Column, str] = {
    "callers": "who may call",
    "parts": "what they reach",
    "reached": "what that reads and calls",
}
_WIDTH = {"callers": 190, "parts": 210, "reached": 230}
_LEFT = {"callers": 20, "parts": 330, "reached": 660}
_TOP, _STEP, _HEIGHT = 46, 46, 34
#: Longer texts end in an ellipsis; the whole stands in the title of the box.
_LONGEST = 28


def svg(graph: Graph) -> str:
    """The picture, as one element that can also stand in a page."""
    tallest = max((len(graph.of(column)) for column in _HEADS), default=0)
    height, width = _TOP + max(tallest, 1) * _STEP + 16, _LEFT["reached"] + _WIDTH["reached"] + 20
    places = {node.id: (node, place) for column in _HEADS for place, node in enumerate(graph.of(column))}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="nm" viewBox="0 0 {width} {height}" role="img"'
        f' aria-label="who may call which part, and what that reads, writes and calls">',
        f"<style>{_STYLE}</style>",
        f'<rect class="page" width="{width}" height="{height}"/>',
        *(f'<text class="head" x="{_LEFT[column]}" y="26">{head}</text>' for column, head in _HEADS.items()),
        *(_arrow(edge, places) for edge in graph.edges),
        *(_box(node, place) for node, place in places.values()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _arrow(edge: Edge, places: dict[str, tuple[Node, int]]) -> str:
    (source, above), (target, below) = places[edge.source], places[edge.target]
    left = _LEFT[source.column] + _WIDTH[source.column]
    right = _LEFT[target.column]
    start, end = _middle(above), _middle(below)
    bend = (right - left) // 2
    kinds: list[str] = [kind for kind in ("open", "unknown") if edge.kind == kind]
    kinds += ["writes"] if "writes" in edge.text else []
    mark = f' class="{" ".join(kinds)}"' if kinds else ""
    title = f"{_text(source.text)} to {_text(target.text)}: {_text(edge.text)}"
    return (
        f'<path{mark} d="M{left} {start} C{left + bend} {start} {right - bend} {end} {right} {end}">'
        f"<title>{title}</title></path>"
    )


def _box(node: Node, place: int) -> str:
    x, y, width = _LEFT[node.column], _TOP + place * _STEP, _WIDTH[node.column]
    shown = node.text if len(node.text) <= _LONGEST else node.text[: _LONGEST - 1] + "…"
    counted = f"{node.routes} route{'s' if node.routes != 1 else ''}"
    kind = node.kind if node.kind in ("open", "unknown", "more") else ""
    radius = 17 if node.column == "callers" else 4
    return (
        f'<g><title>{_text(node.text)}: {counted}</title><rect class="box {kind}" x="{x}" y="{y}" width="{width}"'
        f' height="{_HEIGHT}" rx="{radius}"/><text x="{x + 12}" y="{y + 15}">{_text(shown)}</text>'
        f'<text class="mute" x="{x + 12}" y="{y + 28}">{counted}</text></g>'
    )


def _middle(place: int) -> int:
    return _TOP + place * _STEP + _HEIGHT // 2


def _text(text: str) -> str:
    return escape(printable(text))
