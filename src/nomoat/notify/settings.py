"""The section `notify:` of nomoat.yaml: channels by name, their addresses as references only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.datafile import Node, Place, Reader
from nomoat.errors import SettingsError
from nomoat.notify.ports import Channel
from nomoat.settings import Settings

STYLES = ("plain", "slack")
#: Where a message goes when no channel is named: this terminal (and the journal keeps it).
TERMINAL = Channel("stderr", "stderr")


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """The channels; `references` hold where each address is found, not the address."""

    root: Path
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def channel(self, name: str) -> Channel:
        """A channel with its address. Raises SettingsError: unknown, or its reference leads nowhere."""
        if name == TERMINAL.name:
            return TERMINAL
        if name not in self.references:
            raise SettingsError(
                f"no channel is called '{name}'", where="notify", fix=f"add notify: {{{name}: {{webhook: env:...}}}}"
            )
        reference, style = self.references[name]
        target = settings_file.secret(reference, root=self.root, where=f"notify.{name}")
        return Channel(name, "webhook", target, style)

    def names(self) -> tuple[str, ...]:
        """Every channel that is named, in the order of the file."""
        return tuple(self.references)


def read(settings: Settings) -> NotifySettings:
    """The section. Raises SettingsError with every mistake."""
    reader = Reader(SettingsError)
    found: dict[str, tuple[str, str]] = {}

    def one(name: str, node: Node, place: Place) -> None:
        fields = reader.mapping(node, f"channel {name}", known=("webhook", "style"))
        if fields is None:
            return
        reference = reader.text(fields.get("webhook"), f"webhook of {name}")
        style = reader.choice(fields.get("style"), "style", STYLES) or "plain"
        if "webhook" not in fields:
            reader.mistake(f"channel {name} has no webhook", place, "add webhook: env:NAME")
        elif reference is not None and reference.partition(":")[0] not in ("env", "file"):
            reader.mistake(
                f"webhook of {name} must be a reference", fields.get("webhook") or place, "write env:NAME or file:PATH"
            )
        elif reference is not None:
            found[name] = (reference, style)

    reader.each(settings.section("notify"), "notify", one)
    reader.finish()
    return NotifySettings(settings.root, found)
