"""`doctor` on the code interpreter: whether it can run here, and what would confine the code."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from localassist.cli.findings import Finding
from localassist.config import Config
from localassist.errors import InterpreterUnavailable, MissingExtra
from localassist.interpreter.opening import missing_parts

SUBJECT = "code interpreter"


def check_interpreter(config: Config) -> Iterator[Finding]:
    """The verdict, then a line for each sandbox of this platform, each of them tried out now; or for the gateway."""
    if missing_parts():
        extra = MissingExtra.of("The code interpreter", "interpreter")
        yield Finding(SUBJECT, "note", "not installed", extra.message)
        return
    if config.code_gateway_url is not None:
        yield _check_gateway(config, config.code_gateway_url)
        return
    from localassist.interpreter.sandbox.choosing import choose_sandbox, survey

    with tempfile.TemporaryDirectory(prefix="la-") as directory:
        workspace = Path(directory)
        workspace.chmod(0o711)
        try:
            chosen = choose_sandbox(config, workspace).sandbox
        except InterpreterUnavailable as exc:
            what_is_wrong, _, remedy = exc.message.partition(" Remedy: ")
            yield Finding(SUBJECT, "warning" if config.code_sandbox == "auto" else "problem", what_is_wrong, remedy)
        else:
            yield _judge(chosen.name, confines=chosen.confines)
        for name, report in survey(config, workspace).items():
            text = "passed its test" if report.passed else f"cannot be used: {report.reason}"
            yield Finding(f"sandbox {name}", "ok" if report.passed else "note", text)


def _check_gateway(config: Config, url: str) -> Finding:
    from localassist.interpreter.gateway.address import GatewayAddress
    from localassist.interpreter.gateway.trial import try_gateway

    try:
        address = GatewayAddress.parse(url, token=config.code_gateway_token, ca_file=config.code_gateway_ca_file)
        try_gateway(address, kernel_name=config.code_gateway_kernel)
    except InterpreterUnavailable as exc:
        return Finding(
            SUBJECT, "problem", exc.message, "See the settings code_gateway_… in docs/howto/code_interpreter.md."
        )
    return Finding(SUBJECT, "ok", f"runs code behind the kernel gateway {url}, which alone confines it")


def _judge(name: str, *, confines: bool) -> Finding:
    if confines:
        return Finding(SUBJECT, "ok", f"runs code in the sandbox {name}")
    return Finding(
        SUBJECT,
        "warning",
        "runs code with all your rights: code_sandbox is none",
        'Set code_sandbox to "auto" unless this machine is a throw-away.',
    )
