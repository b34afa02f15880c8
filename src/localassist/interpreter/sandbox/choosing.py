"""Which sandbox runs the model's code: the strongest that passes its test here, or none at all and an error."""

import logging
import os
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import gettempdir

from localassist.config import Config
from localassist.errors import InterpreterUnavailable
from localassist.interpreter.sandbox.base import Sandbox, SandboxName
from localassist.interpreter.sandbox.bwrap import INSTALL, BwrapSandbox
from localassist.interpreter.sandbox.landlock import LandlockSandbox
from localassist.interpreter.sandbox.seatbelt import SeatbeltSandbox
from localassist.interpreter.sandbox.trial import Report, try_out
from localassist.interpreter.sandbox.unconfined import WARNING, Unconfined

logger = logging.getLogger(__name__)

MAKERS: dict[SandboxName, Callable[[], Sandbox]] = {
    "bwrap": BwrapSandbox,
    "landlock": LandlockSandbox,
    "seatbelt": SeatbeltSandbox,
}
ORDERS: dict[str, tuple[SandboxName, ...]] = {"linux": ("bwrap", "landlock"), "darwin": ("seatbelt",)}
REMEDIES = {"linux": f"{INSTALL}, or a kernel with Landlock ABI 6 (Linux 6.12 or newer)"}
LAST_RESORT = 'code_sandbox = "none" runs the code unconfined, with all your rights'


@dataclass(frozen=True, slots=True)
class Choice:
    """The sandbox in use, and why stronger ones are not, by name."""

    sandbox: Sandbox
    passed_over: Mapping[SandboxName, str]


def choose_sandbox(config: Config, workspace: Path) -> Choice:
    """The sandbox that the settings ask for, tested; `workspace` is where sessions will be kept, and exists.

    Raises InterpreterUnavailable, with the remedy, when there is none: code is never run in less than was asked for.
    """
    if config.code_sandbox == "none":
        logger.warning(WARNING)
        return Choice(Unconfined(), {})
    wanted = ORDERS.get(sys.platform, ()) if config.code_sandbox == "auto" else (config.code_sandbox,)
    passed_over: dict[SandboxName, str] = {}
    for name in wanted:
        try:
            sandbox = MAKERS[name]()
        except InterpreterUnavailable as exc:
            passed_over[name] = exc.message
            continue
        report = _tested(name, _circumstances(sandbox), workspace, _protected(config))
        if report.passed:
            return Choice(sandbox, passed_over)
        passed_over[name] = report.reason
    raise InterpreterUnavailable(_refusal(config, passed_over))


def survey(config: Config, workspace: Path) -> dict[SandboxName, Report]:
    """Every sandbox of this platform by name, strongest first, tested now: for a person to read."""
    reports: dict[SandboxName, Report] = {}
    for name in ORDERS.get(sys.platform, ()):
        try:
            reports[name] = try_out(MAKERS[name](), workspace, _protected(config))
        except InterpreterUnavailable as exc:
            reports[name] = Report(False, exc.message)
    return reports


def _circumstances(sandbox: Sandbox) -> tuple[str, ...]:
    """What a test's outcome depends on: while they are the same, the outcome is believed."""
    version = getattr(sandbox, "version", "")
    return (str(version), platform.release(), str(os.geteuid()), sys.executable)


@lru_cache(maxsize=32)
def _tested(name: SandboxName, circumstances: tuple[str, ...], workspace: Path, protected: Path) -> Report:
    return try_out(MAKERS[name](), workspace, protected)


def _protected(config: Config) -> Path:
    """The directory that no code may read: the data directory, where there is one."""
    return Path(gettempdir()) if config.in_memory or not config.directory.is_dir() else config.directory


def _refusal(config: Config, passed_over: Mapping[SandboxName, str]) -> str:
    asked = (
        "No sandbox works here" if config.code_sandbox == "auto" else f"The sandbox {config.code_sandbox} does not work"
    )
    reasons = (
        "; ".join(f"{name}: {reason.rstrip('.')}" for name, reason in passed_over.items()) or "none is made for it"
    )
    remedy = REMEDIES.get(sys.platform, "a Linux or macOS machine")
    return f"{asked}, so the model's code is not run ({reasons}). Remedy: {remedy}. Otherwise {LAST_RESORT}."
