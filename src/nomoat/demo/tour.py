"""The guided tour: eight steps from the map of a shop to the review of its first incident, and the fix.

Each step says which command did it, and every line comes from the command, the services or the journal. Nothing goes on
over a failure: what did not happen ends the tour with what, where and the log to read.
"""

from __future__ import annotations

import contextlib
import importlib.util
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from nomoat.demo import project as project_folder
from nomoat.demo import servers
from nomoat.demo.acts import REVIEW, Cast, Incident
from nomoat.demo.project import Project
from nomoat.demo.stage import Stage, has_terminal
from nomoat.errors import EXIT_CLEAN, IncompleteError, printable

#: The journal that the shop's nomoat.yaml names.
JOURNAL = "sqlite:.nomoat/state/journal.db"
#: Quiet seconds before the attack: what is used now is what is normal (`first-use: learn` in the shop's nomoat.yaml).
_LEARNING_S = 12.0


def run(*, auto: bool, keep: str | None) -> int:
    """Runs the tour; with `keep`, the project folder stays."""
    _require_servers()
    asked = not auto and has_terminal()
    if not auto and not asked:
        print("no terminal here to ask in: the recorded answers of the drill are used (--auto)", file=sys.stderr)
    started = time.monotonic()
    receiver = servers.Receiver().open()
    try:
        with _folder(keep) as root:
            ports = {"shop": servers.free_port(), "billing": servers.free_port()}
            shop_url = f"http://127.0.0.1:{ports['shop']}"
            made = project_folder.make(root, webhook_url=receiver.url, shop_url=shop_url)
            with _cast(made, ports, receiver) as cast:
                _play(cast, asked=asked)
            _farewell(made, ports, kept=keep is not None, seconds=time.monotonic() - started)
    finally:
        receiver.close()
    return EXIT_CLEAN


def _require_servers() -> None:
    missing = [name for name in ("fastapi", "uvicorn") if importlib.util.find_spec(name) is None]
    if missing:
        raise IncompleteError(
            f"the demo's shop needs {' and '.join(missing)}", where="nomoat demo", fix="pip install 'nomoat[demo]'"
        )


@contextlib.contextmanager
def _folder(keep: str | None) -> Iterator[Path]:
    if keep is not None:
        wanted = Path(keep).resolve()
        folder = project_folder.free_folder(wanted)
        if folder != wanted:
            print(f"{printable(str(wanted))} is not empty; this project goes to {printable(folder.name)} beside it")
        yield folder
        return
    folder = Path(tempfile.mkdtemp(prefix="nomoat-demo-")).resolve()
    try:
        yield folder
    except BaseException:
        # Nobody was told of the folder, so nothing of it stays.
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _clear(folder)


def _clear(folder: Path) -> None:
    """Takes the project away, but for the review: it is what people open after the tour.

    The folder is its owner's alone; a fixed name in the shared temporary folder could be somebody's link.
    """
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        elif entry.name != REVIEW:
            entry.unlink()
    if not (folder / REVIEW).exists():
        folder.rmdir()


@contextlib.contextmanager
def _cast(made: Project, ports: dict[str, int], receiver: servers.Receiver) -> Iterator[Cast]:
    cast = Cast(Stage(made), ports, receiver)
    try:
        yield cast
    finally:
        cast.close()


def _play(cast: Cast, *, asked: bool) -> None:
    stage = cast.stage
    stage.begin("What is it, and what is wrong with it")
    stage.command("map")
    # The first check makes the journal: what it found is what the alert, the evidence and the review speak of.
    stage.command("check", "--store", JOURNAL, expect=(1,), shown=60)
    stage.command("map", "--write", quiet=True)
    stage.command("policy", "check", expect=(0, 1), shown=12)

    stage.begin("The shop opens: two services, two workers each, guarded in enforce mode")
    cast.open()
    stage.say(f"learning for {_LEARNING_S:.0f} s what is normal: ana, ben, kim and olga do what they do every day")
    cast.ordinary_traffic(_LEARNING_S)
    stage.command("guard", "report", shown=16)

    stage.begin("An attacker with a leaked password, and a service that does what it never did")
    cast.attack()

    stage.begin("It rings")
    cast.show_alerts()

    stage.begin("The incident: evidence first, then the block")
    incident = Incident.await_opening(cast)
    incident.respond(asked=asked)
    incident.show_containment()

    stage.begin("The review")
    incident.review()

    stage.begin("What nobody used")
    cast.learn()

    stage.begin("The fix goes in, and the attack is tried again")
    cast.fix()


def _farewell(made: Project, ports: Mapping[str, int], *, kept: bool, seconds: float) -> None:
    root = printable(str(made.root))
    print(f"\nThat was the whole loop, in {seconds:.0f} s.\nThe review, as a page:  {root}/{REVIEW}")
    if kept:
        _write_variables(made, ports)
        print(f"The project is yours:   {root}   (its README.md says how to start it again)")
    nomoat = shlex.join(_typed())
    print(f"\nNext, in the folder of a service of your own:\n  {nomoat} map\n  {nomoat} check\n  {nomoat} init")


def _typed() -> list[str]:
    """How nomoat is called in this terminal: by its name only where that is this very one."""
    script = Path(sys.executable).with_name("nomoat")
    found = shutil.which("nomoat")
    if found is not None and script.exists() and Path(found).samefile(script):
        return ["nomoat"]
    return [str(script)] if script.exists() else [sys.executable, "-m", "nomoat"]


def _write_variables(made: Project, ports: Mapping[str, int]) -> None:
    """What the kept project's services need to start again; the file holds keys, so only its owner may read it."""
    said = {**made.variables, **{f"{name.upper()}_PORT": str(port) for name, port in ports.items()}}
    said |= {f"{name.upper()}_PASSWORD": password for name, password in made.passwords.items()}
    lines = [
        "# Keys, ports and passwords of this project: . ./environment.sh\n",
        "# Nobody listens at SECURITY_WEBHOOK any more: put the webhook of your team's chat there.\n",
        *(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(said.items())),
        f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH\n",
    ]
    path = made.root / "environment.sh"
    path.touch(mode=0o600)
    path.write_text("".join(lines), encoding="utf-8")
