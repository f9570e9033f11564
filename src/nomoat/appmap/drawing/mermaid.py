"""The graph as Mermaid, which code hosts draw in Markdown. Text is written so that nothing in it can be syntax."""

from __future__ import annotations

from nomoat.appmap.drawing.graph import Graph, Kind, Node
from nomoat.errors import printable

_SHAPES: dict[Kind, tuple[str, str]] = {
    "open": ("([", "])"), "unknown": ("([", "])"), "signed-in": ("([", "])"), "permission": ("([", "])"),
    "part": ("[", "]"), "store": ("[(", ")]"), "host": (">", "]"), "more": ("[", "]"),
}  # fmt: skip
#: Colours carry no meaning that the text does not; both themes can be read with them.
_STYLES = (
    "classDef open stroke:#c2410c,stroke-width:3px;",
    "classDef unknown stroke:#a16207,stroke-width:2px,stroke-dasharray:4 3;",
    "classDef more stroke-dasharray:2 2;",
)


def mermaid(graph: Graph) -> str:
    """A flowchart from left to right: callers, parts, what they reach."""
    lines = ["flowchart LR"]
    lines += [f"  {_box(node)}" for node in graph.nodes]
    lines += [f"  {edge.source} -->|{_text(edge.text)}| {edge.target}" for edge in graph.edges]
    for kind in ("open", "unknown", "more"):
        chosen = [node.id for node in graph.nodes if node.kind == kind]
        if chosen:
            lines.append(f"  class {','.join(chosen)} {kind};")
    lines += [f"  {style}" for style in _STYLES]
    return "\n".join(lines) + "\n"


def _box(node: Node) -> str:
    before, after = _SHAPES[node.kind]
    counted = f"<br/>{node.routes} route{'s' if node.routes != 1 else ''}" if node.column == "parts" else ""
    return f"{node.id}{before}{_text(node.text, counted)}{after}"


def _text(text: str, counted: str = "") -> str:
    """Quoted, with every character that Mermaid or HTML could read as its own written as an entity."""
    safe = "".join(char if char.isalnum() or char in " -_./:," else f"#{ord(char)};" for char in printable(text))
    return f'"{safe}{counted}"'
