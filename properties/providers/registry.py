"""Kind of account → provider: the only place that knows all kinds."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from locksite.doors import Doors
from properties.choices import ProviderKind
from properties.models import ProviderAccount
from properties.providers.base import (
    AccountProblem,
    BoltDriver,
    CodeScheduler,
    DeviceSource,
    HintSource,
    LockDriver,
    OfflineCodes,
    ServiceReport,
)
from properties.providers.seam.provider import SeamProvider
from properties.providers.virtual import brands
from properties.providers.virtual.driver import VirtualDriver

P = TypeVar("P")

_DRIVERS: Final[Mapping[str, Callable[[ProviderAccount, Doors], LockDriver]]] = {
    ProviderKind.VIRTUAL: VirtualDriver,
}
_SCHEDULERS: Final[Mapping[str, Callable[[ProviderAccount, Doors], CodeScheduler]]] = {
    ProviderKind.SEAM: SeamProvider,
}
_SOURCES: Final[Mapping[str, Callable[[ProviderAccount, Doors], DeviceSource]]] = {
    ProviderKind.VIRTUAL: VirtualDriver,
    ProviderKind.SEAM: SeamProvider,
}
_HINTS: Final[Mapping[str, Callable[[ProviderAccount, Doors], HintSource]]] = {
    ProviderKind.SEAM: SeamProvider,
}
_BOLTS: Final[Mapping[str, Callable[[ProviderAccount, Doors], BoltDriver]]] = {
    ProviderKind.VIRTUAL: VirtualDriver,
    ProviderKind.SEAM: SeamProvider,
}
_OFFLINE: Final[Mapping[str, Callable[[ProviderAccount, Doors], OfflineCodes]]] = {
    ProviderKind.VIRTUAL: VirtualDriver,
    ProviderKind.SEAM: SeamProvider,
}


def bolt_for(account: ProviderAccount, doors: Doors) -> BoltDriver:
    """Return what moves the bolts of `account`. Raises `AccountProblem` for an unknown kind."""
    return _provider(_BOLTS, account, doors)


def services() -> tuple[ServiceReport, ...]:
    """Return the services that this installation can reach, by the wire's word for each."""
    return brands.services()


def driver_for(account: ProviderAccount, doors: Doors) -> LockDriver:
    """Return what programs the locks of `account`. Raises `AccountProblem` for an unknown kind."""
    return _provider(_DRIVERS, account, doors)


def scheduler_for(account: ProviderAccount, doors: Doors) -> CodeScheduler | None:
    """Return the cloud that keeps the codes of `account`; ``None``: we do it ourselves."""
    make = _SCHEDULERS.get(account.kind)
    return None if make is None else make(account, doors)


def source_for(account: ProviderAccount, doors: Doors) -> DeviceSource:
    """Return what lists the locks of `account`. Raises `AccountProblem` for an unknown kind."""
    return _provider(_SOURCES, account, doors)


def hints_for(account: ProviderAccount, doors: Doors) -> HintSource | None:
    """Return what tells about the past of `account`; ``None``: its locks are read anyway."""
    make = _HINTS.get(account.kind)
    return None if make is None else make(account, doors)


def offline_for(account: ProviderAccount, doors: Doors) -> OfflineCodes:
    """Return what computes PINs for `account`. Raises `AccountProblem` for an unknown kind."""
    return _provider(_OFFLINE, account, doors)


def _provider(
    known: Mapping[str, Callable[[ProviderAccount, Doors], P]],
    account: ProviderAccount,
    doors: Doors,
) -> P:
    make = known.get(account.kind)
    if make is None:
        raise AccountProblem(
            "provider_unavailable",
            f"This installation cannot reach accounts of the kind {account.kind}.",
        )
    return make(account, doors)
