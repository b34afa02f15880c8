"""Sessions behind a kernel gateway: kernels from there, files sent to and fro."""

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from localassist.errors import InterpreterUnavailable
from localassist.interpreter.exchange import Kernel, KernelFailed, wait_first
from localassist.interpreter.gateway.address import GatewayAddress
from localassist.interpreter.gateway.directory import MODULE, RemoteDirectory, ask, parsed
from localassist.interpreter.gateway.kernel import REQUEST_TIMEOUT_S, GatewayKernel, ignore
from localassist.interpreter.inside import caps, remote
from localassist.interpreter.kernels import OwnedSeat
from localassist.interpreter.output_caps import output_caps
from localassist.interpreter.sandbox import trees
from localassist.interpreter.sandbox.base import Limits
from localassist.interpreter.scratch import Scratch
from localassist.interpreter.session import SessionFiles
from localassist.interpreter.workspace import FileLimits, Workspace, Workspaces

logger = logging.getLogger(__name__)

SET_UP_TIMEOUT_S = 30.0
PRELOAD = "import matplotlib.pyplot, numpy, pandas"
SET_UP = """
import sys, types
for _name, _source in {sources!r}.items():
    sys.modules[_name] = types.ModuleType(_name)
    exec(_source, sys.modules[_name].__dict__)
sys.modules[{caps!r}].OutputCaps(get_ipython(), {options!r}).install()
get_ipython().run_line_magic("xmode", "Plain")
get_ipython().run_line_magic("colors", "nocolor")
get_ipython().displayhook.do_full_cache = False
del _name, _source, types
"""
CAPS_MODULE = "_localassist_caps"
PATH_NAMES = {"purelib": "site-packages/", "platlib": "site-packages/", "stdlib": "lib/"}
LOST_FILES = "files made earlier are gone with the kernel that had them"


@dataclass(frozen=True, slots=True)
class GatewaySetup:
    """`directory` is where sessions' files are there: a path that each kernel has to itself, or None for one of each
    session in the machine's temporary directory. `is_temporary` has the files deleted when the kernel ends.
    """

    address: GatewayAddress
    kernel_name: str | None
    directory: str | None
    is_temporary: bool


class GatewaySeats:
    """Makes seats. `root` keeps what is known of their files; lives on the loop's thread."""

    def __init__(self, root: Path, scratch: Scratch, setup: GatewaySetup, limits: Limits) -> None:
        self.setup = setup
        self.limits = limits
        self._scratch = scratch
        self._kernels: list[GatewayKernel] = []
        address = setup.address
        self._http = httpx.AsyncClient(
            base_url=address.url,
            headers=address.headers,
            verify=address.tls or True,
            timeout=REQUEST_TIMEOUT_S,
            trust_env=False,
        )
        file_limits = FileLimits(disk_bytes=limits.disk_bytes, num_files=limits.num_files)
        loop = asyncio.get_running_loop()
        self._workspaces = Workspaces(root, lambda path: RemoteWorkspace(self, path, file_limits, loop))

    def of_session(self, session: str) -> OwnedSeat | None:
        workspace = self._workspaces.of_session(session)
        return None if workspace is None else GatewaySeat(self, workspace)

    def new(self) -> OwnedSeat:
        return GatewaySeat(self, self._workspaces.new())

    async def start_kernel(self) -> GatewayKernel:
        """A kernel with our caps and the means to move files."""
        kernel = GatewayKernel(self.setup.address, self._http, kernel_name=self.setup.kernel_name)
        self._kernels = [kernel, *(other for other in self._kernels if not other.has_ended)]
        await kernel.start()
        sources = {CAPS_MODULE: _source(caps.__file__), MODULE: _source(remote.__file__)}
        set_up = SET_UP.format(sources=sources, caps=CAPS_MODULE, options=output_caps(self.limits))
        exchange = kernel.execute(set_up, ignore, expressions={})
        await wait_first(exchange.finished, kernel.died, timeout_s=SET_UP_TIMEOUT_S)
        if not exchange.finished.done() or exchange.finished.result().get("status") != "ok":
            await kernel.kill("it could not be set up")
            raise InterpreterUnavailable(f"A kernel of {self.setup.address.url} could not be set up: is it Python?")
        return kernel

    def sandbox(self) -> Mapping[str, str]:
        return {"name": "gateway", "note": f"{self.setup.address.url} confines the code, which cannot be tested here"}

    async def close(self) -> None:
        for kernel in self._kernels:
            await kernel.ended()
        await self._http.aclose()
        self._scratch.close()


class RemoteWorkspace(Workspace):
    """A workspace whose files are where its kernel is. Its directory there is named after its root here."""

    def __init__(self, seats: GatewaySeats, root: Path, limits: FileLimits, loop: asyncio.AbstractEventLoop) -> None:
        self.directory = RemoteDirectory(loop)
        self.place = seats.setup.directory or f"localassist-{hashlib.sha256(root.name.encode()).hexdigest()[:24]}"
        self._seats = seats
        self._loop = loop
        super().__init__(root, self.directory, limits)

    def delete(self) -> None:
        """Delete the files over there as well, which takes a kernel, and is tried once."""
        deleting = asyncio.run_coroutine_threadsafe(self._delete_there(), self._loop)
        try:
            deleting.result()
        except (InterpreterUnavailable, KernelFailed) as exc:
            logger.warning("the files of a session could not be deleted at the gateway: %s", exc)
        super().delete()

    async def _delete_there(self) -> None:
        kernel = await self._seats.start_kernel()
        try:
            await ask(kernel, f"delete({self.place!r})")
        finally:
            await kernel.kill("its work is done")


class GatewaySeat:
    """A workspace and, when it runs, the kernel for it."""

    def __init__(self, seats: GatewaySeats, workspace: RemoteWorkspace) -> None:
        self._seats = seats
        self._workspace = workspace
        self.kernel: Kernel | None = None

    @property
    def files(self) -> SessionFiles:
        return self._workspace

    @property
    def is_offline(self) -> bool:
        return False

    async def start(self) -> None:
        """Start a kernel where there is none, in the session's directory."""
        if self.kernel is not None and not self.kernel.died.done():
            return
        kernel = await self._seats.start_kernel()
        try:
            setup = self._seats.setup
            answer = parsed(await ask(kernel, f"enter({self._workspace.place!r}, {setup.is_temporary})"))
            names = {
                f"{tree}/": "lib/" if kind == "stdlib" else "site-packages/" for kind, tree in answer["trees"].items()
            }
            self._workspace.use(str(answer["path"]), names)
        except (KernelFailed, KeyError, AttributeError) as exc:
            await kernel.kill("it could not be set up")
            raise InterpreterUnavailable(f"A kernel of {setup.address.url} could not be set up: {exc}.") from exc
        self.kernel = self._workspace.directory.kernel = kernel
        if answer.get("is_new"):
            self._workspace.forget_made(LOST_FILES)

    def belong_to(self, session: str) -> None:
        self._workspace.belong_to(session)

    async def discard(self) -> None:
        if self.kernel is not None:
            if not self.kernel.died.done():
                await ask(self.kernel, f"delete({self._workspace.place!r})")
            await self.kernel.kill("nobody needed it")
        trees.delete(self._workspace.root)

    async def warm_up(self) -> None:
        """Start a kernel and import what most code does."""
        await self.start()
        assert self.kernel is not None
        exchange = self.kernel.execute(PRELOAD, ignore, expressions={})
        await wait_first(exchange.finished, self.kernel.died, timeout_s=SET_UP_TIMEOUT_S)


def _source(path: str | None) -> str:
    assert path is not None
    return Path(path).read_text(encoding="utf-8")
