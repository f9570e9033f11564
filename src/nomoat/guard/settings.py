"""The sections of nomoat.yaml that guard reads: who calls, `trusted_proxies:`, `on_journal_failure:`.

Files with keys are not read here.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TypeAlias

from nomoat import settings as settings_file
from nomoat.datafile import Node, Reader
from nomoat.errors import SettingsError
from nomoat.guard import api_keys, certificates, issuers
from nomoat.guard.api_keys import ApiKey
from nomoat.guard.backends import settings as backend_section
from nomoat.guard.backends.settings import OpaSettings, RegoSettings
from nomoat.guard.certificates import CertificateSettings
from nomoat.guard.issuers import IssuerSettings
from nomoat.guard.tasks import settings as tasks_section
from nomoat.guard.tasks.settings import TaskSettings
from nomoat.policy import devices, outbound
from nomoat.policy import limits as limits_section
from nomoat.policy.devices import DeviceSettings
from nomoat.policy.limits import LimitSettings
from nomoat.policy.outbound import Listed
from nomoat.policy.subjects import KEYS
from nomoat.settings import Loosening, Settings

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """What guard reads of nomoat.yaml besides policy and map."""

    issuers: tuple[IssuerSettings, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    on_journal_failure: Loosening | None = None
    api_keys: tuple[ApiKey, ...] = ()
    certificates: CertificateSettings | None = None
    limits: LimitSettings = field(default_factory=LimitSettings)
    outbound: tuple[Listed, ...] = ()
    #: Who is asked instead of the policy; None: nobody.
    backend: OpaSettings | RegoSettings | None = None
    #: Somebody says that the application reads no header or parameter that asks for another method or path.
    overrides_ignored: bool = False
    #: What signs for whom tasks are that go through a queue; None: nothing does.
    tasks: TaskSettings | None = None
    #: Who says what of callers' devices; None: nobody.
    device: DeviceSettings | None = None

    @property
    def knows_machines(self) -> bool:
        """True where programs may show something that no issuer gave them."""
        return bool(self.api_keys) or self.certificates is not None


def read(settings: Settings) -> GuardSettings:
    """The sections. Raises SettingsError with every mistake."""
    reader = Reader(SettingsError)
    identity = issuers.read(settings.section("identity"), reader)
    listed = reader.sequence(settings.section("trusted_proxies"), "trusted_proxies")
    proxies = tuple(network for network in (_network(node, reader) for node in listed) if network is not None)
    overrides = _overrides(settings.section("overrides"), reader)
    failure = _failure(settings.section("on_journal_failure"), reader)
    keys = api_keys.read(settings.section("api_keys"), reader)
    if keys and (taken := next((one for one in identity if one.alias == KEYS), None)) is not None:
        reader.mistake(f"an issuer is called {KEYS}, as the users of API keys are", taken.at, "give it another name")
    shown = certificates.read(settings.section("certificates"), reader, has_proxies=bool(listed))
    device = devices.read(settings.section("device"), reader, has_proxies=bool(listed))
    limits = limits_section.read(settings.section("limits"), reader)
    hosts = outbound.read(settings.section("outbound"), reader)
    refusing = {name: settings.section(name) for name in ("deny", "step_up")}
    backend = backend_section.read(settings.section("backend"), reader, refusing=refusing)
    tasks = tasks_section.read(settings.section("tasks"), reader)
    reader.finish()
    return GuardSettings(identity, proxies, failure, keys, shown, limits, hosts, backend, overrides, tasks, device)


def _network(node: Node, reader: Reader) -> Network | None:
    text = reader.text(node, "a trusted proxy")
    if text is None:
        return None
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        reader.mistake(f"'{text}' is no address", node, "write 127.0.0.1 or 10.0.0.0/8")
        return None
    if network.prefixlen == 0:
        reader.mistake("everybody cannot be a trusted proxy", node, "name the proxy's own address")
        return None
    return network


def _overrides(node: Node | None, reader: Reader) -> bool:
    fields = reader.mapping(node, "overrides", known=("ignored", "because"))
    if fields is None or not reader.boolean(fields.get("ignored"), "ignored"):
        return False
    return settings_file.loosening(fields, "overrides", reader, ends=False) is not None


def _failure(node: Node | None, reader: Reader) -> Loosening | None:
    fields = reader.mapping(node, "on_journal_failure", known=("allow", "because", "until"))
    if fields is None:
        return None
    allow = reader.boolean(fields.get("allow"), "allow")
    if not allow:
        return None
    return settings_file.loosening(fields, "on_journal_failure", reader, ends=True)
