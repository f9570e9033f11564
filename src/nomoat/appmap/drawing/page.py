"""The whole map as one page that can be mailed: the picture, every route with what guards it, search and keyboard.

Nothing is fetched, and without its script everything can still be read. Text of a tree is always escaped.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from html import escape

from nomoat.appmap import query
from nomoat.appmap.drawing.graph import graph
from nomoat.appmap.drawing.svg import svg
from nomoat.appmap.model import Map, Route, Service
from nomoat.errors import printable

_STYLE = """
:root { color-scheme: light dark; --line:#c9ced6; --soft:#f3f5f8; --text:#15181d; --mute:#545c68; --open:#c2410c;
  --unknown:#a16207; --page:#ffffff; --focus:#1d4ed8; }
@media (prefers-color-scheme: dark) { :root { --line:#3a414c; --soft:#1c2128; --text:#e6e9ee; --mute:#a3acb9;
  --open:#fb923c; --unknown:#facc15; --page:#12151a; --focus:#93c5fd; } }
* { box-sizing:border-box; }
body { margin:0 auto; padding:1.5rem 1.25rem 4rem; max-width:75rem; background:var(--page); color:var(--text);
  font:15px/1.45 system-ui,sans-serif; }
h1 { font-size:1.5rem; margin:0; } h2 { font-size:1.1rem; margin:0; display:inline; } p { margin:.3rem 0; }
.mute { color:var(--mute); } code { font:.92em ui-monospace,monospace; overflow-wrap:anywhere; }
.bar { position:sticky; top:0; background:var(--page); padding:.6rem 0; display:flex; flex-wrap:wrap; gap:.6rem;
  align-items:center; border-bottom:1px solid var(--line); z-index:1; }
input[type=search] { flex:1 1 16rem; font:inherit; padding:.45rem .7rem; color:inherit; background:var(--soft);
  border:1px solid var(--line); border-radius:.4rem; }
label { white-space:nowrap; } summary { cursor:pointer; }
:focus-visible { outline:2px solid var(--focus); outline-offset:1px; }
section > details > summary { padding:.8rem 0 .4rem; }
.picture { overflow-x:auto; margin:.5rem 0; } .picture svg { min-width:56rem; width:100%; height:auto; }
.route { border-bottom:1px solid var(--line); } .route > summary { display:grid; gap:.2rem .8rem; padding:.35rem .3rem;
  grid-template-columns:4.2rem minmax(0,1.8fr) minmax(0,1.3fr) minmax(0,1.3fr) minmax(0,1.2fr); align-items:baseline; }
.route > summary::-webkit-details-marker { display:none; } .route[open] { background:var(--soft); }
.method { font:600 .85rem ui-monospace,monospace; } .unguarded .who { color:var(--open); font-weight:600; }
.unknown .who { color:var(--unknown); font-weight:600; }
.route dl { margin:.1rem .3rem .7rem 5rem; display:grid; gap:.15rem .8rem;
  grid-template-columns:max-content minmax(0,1fr); }
dt { color:var(--mute); } dd { margin:0; overflow-wrap:anywhere; } [hidden] { display:none !important; }
@media (max-width:46rem) { .route > summary { grid-template-columns:4.2rem minmax(0,1fr); }
  .route > summary > :nth-child(n+3) { grid-column:2; } .route dl { margin-left:.3rem; } }
@media print { .bar { display:none; } }
"""
_SCRIPT = """
(function () {
  var search = document.getElementById('search'), found = document.getElementById('found');
  var boxes = Array.prototype.slice.call(document.querySelectorAll('.bar input[type=checkbox]'));
  var routes = Array.prototype.slice.call(document.querySelectorAll('.route'));
  function filter() {
    var words = search.value.toLowerCase().split(/\\s+/).filter(Boolean), shown = 0, allowed = {};
    boxes.forEach(function (box) { allowed[box.value] = box.checked; });
    routes.forEach(function (route) {
      var fits = allowed[route.dataset.verdict] &&
        words.every(function (word) { return route.dataset.text.indexOf(word) >= 0; });
      route.hidden = !fits; shown += fits ? 1 : 0;
    });
    document.querySelectorAll('section').forEach(function (section) {
      if (section.querySelector('.route')) section.hidden = !section.querySelector('.route:not([hidden])');
    });
    found.textContent = shown + ' of ' + routes.length + ' routes';
  }
  function move(step) {
    var open = routes.filter(function (route) { return !route.hidden && route.offsetParent; });
    var at = open.findIndex(function (route) { return route.contains(document.activeElement); });
    var next = open[at < 0 ? (step > 0 ? 0 : open.length - 1) : at + step];
    if (next) next.querySelector('summary').focus();
  }
  search.addEventListener('input', filter);
  boxes.forEach(function (box) { box.addEventListener('change', filter); });
  document.addEventListener('keydown', function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    var typing = document.activeElement === search;
    if (event.key === '/' && !typing) { search.focus(); event.preventDefault(); }
    else if (event.key === 'Escape' && typing) { search.value = ''; filter(); search.blur(); }
    else if (event.key === 'ArrowDown' || (event.key === 'j' && !typing)) { move(1); event.preventDefault(); }
    else if (event.key === 'ArrowUp' || (event.key === 'k' && !typing)) { move(-1); event.preventDefault(); }
  });
  document.getElementById('bar').hidden = false;
  filter();
})();
"""
_AT_END = re.compile(r" \([^()\s]+:\d+\)$")
_ORDER = {"unguarded": 0, "unknown": 1, "guarded": 2}
_WORDS = {"unguarded": "open to anyone", "unknown": "not known", "guarded": "guarded"}


def page(drawn: Map) -> str:
    """The whole page."""
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    names = ", ".join(service.name for service in drawn.services) or "nothing"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="referrer" content="no-referrer">',
        f"<title>map of {_text(names)}</title><style>{_STYLE}</style></head><body>",
        f"<header><h1>{_text(names)}</h1>{_summary(drawn)}</header>",
        f'<details><summary>the picture</summary><div class="picture">{svg(graph(drawn))}</div></details>',
        _bar(drawn),
        "<main>",
        *(_service(drawn, service) for service in drawn.services),
        _edges(drawn),
        _not_read(drawn),
        "</main>",
        f"<script>{_SCRIPT}</script></body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _summary(drawn: Map) -> str:
    routes = query.told(drawn.routes)
    counted = {verdict: sum(route.verdict == verdict for route in routes) for verdict in _ORDER}
    said = ", ".join(f"{count} {_WORDS[verdict]}" for verdict, count in counted.items())
    files = f"{drawn.coverage.files:,} files, {drawn.coverage.lines:,} lines read"
    return f'<p class="mute">{_count(len(routes))}: {said}. {files}.</p>'


def _count(routes: int) -> str:
    return "1 route" if routes == 1 else f"{routes:,} routes"


def _bar(drawn: Map) -> str:
    present = {route.verdict for route in drawn.routes}
    boxes = "".join(
        f'<label><input type="checkbox" value="{verdict}" checked> {_WORDS[verdict]}</label>'
        for verdict in _ORDER
        if verdict in present
    )
    return (
        '<div class="bar" id="bar" hidden><input type="search" id="search" autocomplete="off"'
        ' aria-label="search routes" placeholder="search: path, permission, table, file   ( / )">'
        f'{boxes}<span class="mute" id="found" role="status"></span></div>'
    )


def _service(drawn: Map, service: Service) -> str:
    routes = query.told(one for one in drawn.routes if one.service == service.name)
    routes.sort(key=lambda one: (_ORDER[one.verdict], one.path, one.method))
    told = ", ".join(part for part in (service.framework, _count(len(routes))) if part)
    guard = f"; guard: {service.protected}" if service.protected else ""
    head = f'<h2>{_text(service.name)}</h2> <span class="mute">{_text(told)}{guard}</span>'
    return f"<section><details open><summary>{head}</summary>{''.join(map(_route, routes))}</details></section>"


def _route(route: Route) -> str:
    who, facts = _who(route), list(_facts(route))
    words = " ".join([route.method, route.path, who, route.at, route.handler, *(value for _, value in facts)])
    rows = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in facts)
    return (
        f'<details class="route {route.verdict}" data-verdict="{route.verdict}" data-text="{_text(words.lower())}">'
        f'<summary><span class="method">{_text(route.method)}</span><code>{_place(route.path or "/")}</code>'
        f'<span><span class="who">{_text(who)}</span>{_why(route)}</span>'
        f'<span class="mute">{_text(_reach(route))}</span><code class="mute">{_place(route.at)}</code>'
        "</summary>"
        f"<dl>{rows}</dl></details>"
    )


def _who(route: Route) -> str:
    if route.verdict != "guarded":
        return _WORDS[route.verdict]
    needed = query.needs(route)
    return ", ".join(needed) if needed else "guarded; by what cannot be told"


def _reach(route: Route) -> str:
    """What it comes to, in a few words: `reads orders, writes users, calls api.example.org`."""
    parts = []
    for verb, stores in (
        ("writes", route.writes),
        ("reads", tuple(one for one in route.reads if one not in route.writes)),
    ):
        if stores:
            parts.append(f"{verb} {', '.join(store.rpartition('/')[2] for store in stores)}")
    hosts = dict.fromkeys(call.host or call.setting or "an unknown host" for call in route.calls)
    if hosts:
        parts.append(f"calls {', '.join(hosts)}")
    return "; ".join(parts)


def _why(route: Route) -> str:
    """Why it is not known, without the place, which stands below."""
    if route.verdict != "unknown" or not route.because:
        return ""
    return f' <span class="mute">{_text(_AT_END.sub("", route.because))}</span>'


def _facts(route: Route) -> Iterable[tuple[str, str]]:
    if route.because:
        yield "because", route.because
    yield "handler", f"{route.handler} ({route.at})"
    if route.registered_at and route.registered_at != route.at:
        yield "registered", route.registered_at
    for guard in route.guards:
        late = ", never runs" if guard.runs == "never" else ""
        yield guard.kind, f"{guard.name} ({guard.at}), {guard.runs} the handler" if not late else f"{guard.name}{late}"
    if route.requires:
        yield "asks guard for", ", ".join(route.requires)
    for name, stores in (("reads", route.reads), ("writes", route.writes)):
        if stores:
            yield name, ", ".join(store.removeprefix("store:") for store in stores)
    for call in route.calls:
        yield "calls", f"{call.host or call.setting or 'a host that cannot be read'} ({call.at})"
    if route.parameters:
        yield "takes", ", ".join(f"{one.name} ({one.location})" for one in route.parameters)


def _edges(drawn: Map) -> str:
    if not drawn.edges:
        return ""
    rows = "".join(
        f"<li>{_text(one.caller)} calls {_text(one.callee)}"
        f' <span class="mute">by {_text(one.setting or one.host)} <code>{_place(one.at)}</code></span></li>'
        for one in drawn.edges
    )
    return f"<section><details open><summary><h2>who calls whom</h2></summary><ul>{rows}</ul></details></section>"


def _not_read(drawn: Map) -> str:
    lost = [one for one in drawn.not_read if not one.analysed]
    if not lost:
        return ""
    rows = "".join(f"<li><code>{_text(one.at)}</code> {_text(one.why)}</li>" for one in lost)
    return f"<section><details open><summary><h2>not read</h2></summary><ul>{rows}</ul></details></section>"


def _text(text: str) -> str:
    return escape(printable(text))


def _place(text: str) -> str:
    """A path, which is best broken where a folder ends."""
    return _text(text).replace("/", "/<wbr>")
