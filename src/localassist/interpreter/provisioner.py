"""Launches kernels inside a sandbox, for jupyter_client."""

import asyncio
import json
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase
from traitlets import Any as AnyTrait

from localassist.interpreter.sandbox.base import Program

NAME = "localassist-sandbox"
BOOT = Path(__file__).parent / "inside" / "boot.py"
SOCKETS, CONNECTION_FILE = "s", "c.json"


class SandboxProvisioner(KernelProvisionerBase):
    """One kernel process. Its standard output, a pipe, says when it is ready, or why it is not.

    Configured with a `Sandbox`, the kernel's `SessionDirs`, its `Limits`, the `BootOptions` and the `readable` paths.
    """

    sandbox = AnyTrait()
    session = AnyTrait()
    limits = AnyTrait()
    boot_options = AnyTrait()
    readable = AnyTrait()
    process: subprocess.Popen[bytes] | None = None

    @property
    def has_process(self) -> bool:
        return self.process is not None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        return {"cmd": []}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        places = self.sandbox.places(self.session)
        assert self.parent is not None
        info: KernelConnectionInfo = self.parent.get_connection_info()
        inside = {**info, "ip": f"{places.run}/{SOCKETS}", "key": self.parent.session.key.decode()}
        connection_file = self.session.run / CONNECTION_FILE
        connection_file.write_text(json.dumps(inside), encoding="utf-8")
        connection_file.chmod(0o600)
        self.session.hand_over(connection_file)
        argv = [sys.executable, "-I", str(BOOT), f"{places.run}/{CONNECTION_FILE}", json.dumps(self.boot_options)]
        program = Program(argv, KERNEL_ENVIRONMENT, self.readable)
        launch = self.sandbox.wrap(program, self.session, self.limits)
        self.process = subprocess.Popen(
            launch.argv,
            env=dict(launch.env),
            cwd=launch.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.connection_info = info
        return info

    async def poll(self) -> int | None:
        return None if self.process is None else self.process.poll()

    async def wait(self) -> int | None:
        """Until the process has ended; its status."""
        if self.process is None:
            return None
        if hasattr(os, "pidfd_open") and self.process.poll() is None:
            await _wait_pidfd(self.process.pid)
        while self.process.poll() is None:
            await asyncio.sleep(0.05)
        return self.process.returncode

    async def send_signal(self, signum: int) -> None:
        """Interrupts travel as messages; any other signal means the end."""
        await self.kill()

    async def kill(self, restart: bool = False) -> None:
        if self.process is not None and self.process.poll() is None:
            self.sandbox.kill(self.process.pid)

    async def terminate(self, restart: bool = False) -> None:
        await self.kill()

    async def cleanup(self, restart: bool = False) -> None:
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()


KERNEL_ENVIRONMENT = {
    "PIP_NO_INDEX": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


async def _wait_pidfd(pid: int) -> None:
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    pidfd = os.pidfd_open(pid)
    loop.add_reader(pidfd, lambda: None if ended.done() else ended.set_result(None))
    try:
        await ended
    finally:
        loop.remove_reader(pidfd)
        os.close(pidfd)


def kernel_spec(**config: Any) -> KernelSpec:
    """The kernel's description for jupyter_client, which finds the provisioner by its name."""
    factory = KernelProvisionerFactory.instance()
    factory.provisioners[NAME] = EntryPoint(NAME, f"{__name__}:SandboxProvisioner", KernelProvisionerFactory.GROUP_NAME)
    return KernelSpec(
        argv=[],
        display_name="Python in a sandbox",
        language="python",
        interrupt_mode="message",
        metadata={"kernel_provisioner": {"provisioner_name": NAME, "config": config}},
    )
