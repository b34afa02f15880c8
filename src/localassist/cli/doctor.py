"""`localassist doctor`: what this machine can do, what is wrong, and what helps."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from localassist.cli.output import note, size
from localassist.cli.session import Session

if TYPE_CHECKING:
    from localassist.cli.findings import Finding
    from localassist.cli.machine_checks import Speed

SIGNS = {"ok": ("ok", "green"), "note": ("note", "cyan"), "warning": ("warn", "yellow"), "problem": ("wrong", "red")}


def doctor(session: Session) -> None:
    """Look the installation over. Ends with exit code 1 when something does not work."""
    from localassist.cli import data_checks, interpreter_checks, machine_checks, search_checks

    config = session.config()
    if session.out.is_terminal and not session.as_json:
        note("Measuring memory bandwidth …")
    machine, bandwidth = machine_checks.measure()
    speeds = machine_checks.expected_speeds(config, machine, bandwidth)
    findings = [
        *machine_checks.check_machine(machine, bandwidth),
        *machine_checks.check_build(config),
        *data_checks.check_configuration(config),
        *data_checks.check_directory(config),
        *data_checks.check_disk(config),
        *machine_checks.check_models(config, speeds),
        *interpreter_checks.check_interpreter(config),
        *search_checks.check_file_search(config),
    ]
    if session.as_json:
        report = {"findings": [asdict(finding) for finding in findings], "speeds": [asdict(speed) for speed in speeds]}
        session.out.json({**report, "bandwidth_bytes_per_s": round(bandwidth)})
    else:
        _show(session, findings)
        _show_catalog(session, [speed for speed in speeds if not speed.is_installed])
    if any(finding.level == "problem" for finding in findings):
        raise typer.Exit(1)


def _show(session: Session, findings: "list[Finding]") -> None:
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        sign, style = SIGNS[finding.level]
        session.out.write(f"{sign:<6}", style)
        session.out.line(f"{finding.subject:<{width}}  {finding.text}")
        if finding.remedy:
            session.out.line(f"{'':<{width + 8}}{finding.remedy}", "dim")


def _show_catalog(session: Session, speeds: "list[Speed]") -> None:
    if not speeds:
        return
    session.out.line("\nExpected of the models in the catalogue (localassist models pull NAME):")
    rows = [
        [speed.name, f"{speed.tokens_per_s:.1f}", size(speed.memory_bytes), "" if speed.fits else "too large"]
        for speed in speeds
    ]
    session.out.table(("name", "tokens/s", "memory", ""), rows, empty="")
