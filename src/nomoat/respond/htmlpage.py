"""The review as one self-contained page: no script, no foreign request, light and dark, readable on paper."""

from __future__ import annotations

from html import escape

from nomoat.errors import printable
from nomoat.respond.reviewing import Report, counts, listed, shown_at
from nomoat.respond.timing import spoken

_STYLE = """
:root { color-scheme: light dark; --line: #c9ced6; --soft: #f3f5f8; --text: #15181d; --mute: #545c68; --mark: #9a3412;
  --page: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --line: #3a414c; --soft: #1c2128; --text: #e6e9ee; --mute: #a3acb9;
  --mark: #fdba74; --page: #12151a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 62rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } .mute { color: var(--mute); }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
dl.times { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1.25rem 0; }
dl.times div { background: var(--soft); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; }
dt { color: var(--mute); font-size: .85rem; } dd { margin: 0; font-size: 1.25rem; }
table { border-collapse: collapse; width: 100%; font-size: .93rem; } .wide { overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; }
th, td { border-bottom: 1px solid var(--line); }
td.time { white-space: nowrap; font: .85rem ui-monospace, monospace; } strong.mark { color: var(--mark); }
ul { padding-left: 1.2rem; margin: .25rem 0; } li { margin: .15rem 0; }
@media (max-width: 40rem) { thead { display: none; } tr { display: block; padding: .4rem 0; }
  tr { border-bottom: 1px solid var(--line); } td { display: block; border: 0; padding: 0; overflow-wrap: anywhere; }
  td.time, td:empty + td:empty { color: var(--mute); } }
@media print { body { max-width: none; } }
"""


def render(report: Report) -> str:
    """The whole page. Everything that came from outside is escaped."""
    case, took = report.case, report.durations
    times = (
        ("detected after", spoken(took.detected_s)),
        ("acknowledged after", spoken(took.acknowledged_s)),
        ("contained after", spoken(took.contained_s)),
        ("resolved after", spoken(took.resolved_s)),
        ("objects reached", str(len(report.reached))),
    )
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="referrer" content="no-referrer">',
        f"<title>{_text(case.name)}: review</title>",
        f"<style>{_STYLE}</style></head>",
        "<body><main>",
        f"<h1>{_text(case.name)}: {_text(case.declared.title)}</h1>",
        f'<p class="mute">{_text(case.severity)} · playbook {_text(report.playbook.id)} · about'
        f" <code>{_text(case.declared.subject)}</code> on <code>{_text(case.declared.target)}</code></p>",
        '<dl class="times">',
        *(f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd></div>" for name, value in times),
        "</dl>",
        *_map(report),
        *_timeline(report),
        "<h2>Decisions about the caller</h2>",
        f"<p>Before the block: {_text(counts(report.before))}</p><p>After it: {_text(counts(report.after))}</p>",
        "<h2>What was reached</h2>",
        f"<p>{_text(listed(report.reached))}</p>",
        *_evidence(report),
        "<h2>Proposed</h2>",
        _list(report.proposals) or "<p>Nothing.</p>",
        f'<p class="mute">Each gets an owner and a date until {_text(report.due)}.</p>' if report.proposals else "",
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _map(report: Report) -> list[str]:
    route = report.route
    if route is None:
        return ["<h2>What the map says</h2>", "<p>The map does not have this route.</p>"]
    rows = [f"{route.method} {route.path}, {route.at}, {route.verdict}"]
    rows += [f"{guard.kind}: {guard.name} ({guard.at}), runs {guard.runs}" for guard in route.guards]
    rows.append(f"reaches {', '.join((*route.reads, *route.writes)) or 'nothing that is known'}")
    rows += [f"finding: {one}" for one in report.findings]
    missing = ""
    if not any(guard.kind == "ownership" for guard in route.guards) and route.parameters:
        missing = '<p><strong class="mark">It never compares the owner.</strong></p>'
    return ["<h2>What the map says of the target</h2>", missing, _list(rows)]


def _timeline(report: Report) -> list[str]:
    rows = [
        f'<tr><td class="time">{_text(shown_at(row, report))}</td><td>{_text(row.who)}</td><td>{_text(row.what)}</td>'
        f"<td>{_text(row.detail)}</td></tr>"
        for row in report.timeline
    ]
    head = "<thead><tr><th>when (UTC)</th><th>who</th><th>what</th><th>detail</th></tr></thead>"
    return ["<h2>Timeline</h2>", f'<div class="wide"><table>{head}<tbody>', *rows, "</tbody></table></div>"]


def _evidence(report: Report) -> list[str]:
    rows = [
        f"<tr><td>{_text(one.name)}</td><td><code>{one.sha256}</code></td><td>{one.size_bytes:,}</td><td>{_text(one.by)}</td>"
        f"<td>{'after a change' if one.changed_before else 'before any change'}</td></tr>"
        for one in report.evidence
    ]
    head = "<thead><tr><th>what</th><th>SHA-256</th><th>bytes</th><th>kept by</th><th>when</th></tr></thead>"
    early = [
        f'<p><strong class="mark">Changed before evidence was kept: {_text(one)}</strong></p>' for one in report.urgent
    ]
    table = [f'<div class="wide"><table>{head}<tbody>', *rows, "</tbody></table></div>"]
    return ["<h2>Evidence</h2>", *early, *(table if rows else ["<p>Nothing was kept.</p>"])]


def _list(rows: tuple[str, ...] | list[str]) -> str:
    return f"<ul>{''.join(f'<li>{_text(row)}</li>' for row in rows)}</ul>" if rows else ""


def _text(text: str) -> str:
    return escape(printable(text), quote=True)
