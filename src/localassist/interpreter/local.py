"""Sessions on this machine: kernels in a sandbox, and their files in the data directory."""

import json
import logging
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from secrets import token_hex

from localassist.interpreter.directory import FileRefused, LocalDirectory, copy_out
from localassist.interpreter.exchange import Kernel, wait_first
from localassist.interpreter.inside.boot import BootOptions
from localassist.interpreter.kernel import CappedContext, KernelSetup, LocalKernel, ignore
from localassist.interpreter.kernels import OwnedSeat
from localassist.interpreter.output_caps import output_caps
from localassist.interpreter.paths import python_paths
from localassist.interpreter.sandbox import trees
from localassist.interpreter.sandbox.base import Limits, SessionDirs
from localassist.interpreter.sandbox.choosing import Choice
from localassist.interpreter.sandbox.watchdog import Watchdog
from localassist.interpreter.scratch import Scratch
from localassist.interpreter.session import SessionFiles
from localassist.interpreter.workspace import FileLimits, Workspace, Workspaces

logger = logging.getLogger(__name__)

PRELOAD = "import matplotlib.pyplot, numpy, pandas"
PRELOAD_TIMEOUT_S = 60.0
COPY_FONT_LIST = (
    "import glob, matplotlib, shutil\n"
    "for found in glob.glob(matplotlib.get_cachedir() + '/fontlist-*.json'):\n"
    "    shutil.copy(found, '.')\n"
    "del found, glob, matplotlib, shutil\n"
)
MAX_FONT_LIST_BYTES = 8 << 20


class LocalSeats:
    """Makes seats: a workspace, and a kernel on it. Lives on the loop's thread.

    `root` keeps the workspaces, `scratch` what kernels need while they run; closing the seats closes it.
    """

    def __init__(self, root: Path, scratch: Scratch, choice: Choice, limits: Limits, packages: Sequence[Path]) -> None:
        self.scratch = scratch
        self.root = root
        self.choice = choice
        self.limits = limits
        self.packages = tuple(packages)
        self.context = CappedContext()
        self._fonts = root / "fonts" / version("matplotlib")
        self._watchdog = Watchdog(choice.sandbox, limits)
        self._num_kernels = 0
        for directory in (root, self._fonts):
            directory.mkdir(parents=True, exist_ok=True, mode=0o711)
        file_limits = FileLimits(disk_bytes=limits.disk_bytes, num_files=limits.num_files)
        self._workspaces = Workspaces(root, lambda path: LocalWorkspace(path, file_limits))

    def of_session(self, session: str) -> OwnedSeat | None:
        """The seat on files that a session left behind, without a kernel."""
        workspace = self._workspaces.of_session(session)
        return None if workspace is None else LocalSeat(self, workspace)

    def new(self) -> OwnedSeat:
        """A seat with no files, no kernel and no session."""
        return LocalSeat(self, self._workspaces.new())

    async def start_kernel(self, data: Path) -> tuple[LocalKernel, SessionDirs]:
        """A kernel whose /mnt/data is this directory."""
        self._num_kernels += 1
        place = self.scratch.path / str(self._num_kernels)
        session = SessionDirs.make(data, place / "r", place / "t")
        kernel = LocalKernel(self._setup(), session)
        kernel.on_end = lambda: trees.delete(place)
        await kernel.start()
        kernel.on_end = lambda: self._forget(kernel, place)
        self.choice.sandbox.seal(session)
        self._watchdog.watch(session, kernel.pid, lambda breach: kernel.doom(f"it was stopped: it used {breach}"))
        return kernel, session

    def _forget(self, kernel: LocalKernel, place: Path) -> None:
        self._watchdog.forget(kernel.pid)
        trees.delete(place)

    def _setup(self) -> KernelSetup:
        font_list = next(self._fonts.glob("fontlist-*.json"), None)
        options = BootOptions(
            **output_caps(self.limits),
            packages=[str(path) for path in self.packages],
            font_list=None if font_list is None else str(font_list),
        )
        readable = (*self.packages, *([] if font_list is None else [font_list]))
        return KernelSetup(self.choice.sandbox, self.limits, self.context, options, readable)

    def keep_font_list(self, data: Path) -> None:
        """Take the font list that a new kernel has made for the kernels to come."""
        for name in [path.name for path in data.iterdir() if path.name.startswith("fontlist-")]:
            draft = self._fonts / f".{name}.{token_hex(4)}"
            try:
                copy_out(data, name, draft, max_bytes=MAX_FONT_LIST_BYTES)
                json.loads(draft.read_text(encoding="utf-8"))
                draft.replace(self._fonts / name)
            except (FileRefused, ValueError) as exc:
                draft.unlink(missing_ok=True)
                logger.warning("the font list of a new kernel cannot be used: %s", exc)
            (data / name).unlink()

    def has_font_list(self) -> bool:
        return any(self._fonts.glob("fontlist-*.json"))

    def sandbox(self) -> Mapping[str, str]:
        return {"name": self.choice.sandbox.name, **{str(name): why for name, why in self.choice.passed_over.items()}}

    async def close(self) -> None:
        self._watchdog.close()
        self.context.destroy(linger=0)
        self.scratch.close()


class LocalWorkspace(Workspace):
    """A workspace whose files are below its root."""

    def __init__(self, root: Path, limits: FileLimits) -> None:
        self.directory = LocalDirectory(root / "data")
        self.directory.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        super().__init__(root, self.directory, limits)


class LocalSeat:
    """A workspace and, when it runs, the kernel on it."""

    def __init__(self, seats: LocalSeats, workspace: LocalWorkspace) -> None:
        self._seats = seats
        self._workspace = workspace
        self.kernel: Kernel | None = None

    @property
    def files(self) -> SessionFiles:
        return self._workspace

    @property
    def is_offline(self) -> bool:
        return self._seats.choice.sandbox.confines

    async def start(self) -> None:
        """Start a kernel where there is none."""
        if self.kernel is None or self.kernel.died.done():
            directory = self._workspace.directory
            self.kernel, session = await self._seats.start_kernel(directory.root)
            directory.uid = session.uid
            places = self._seats.choice.sandbox.places(session)
            self._workspace.use(places.data, dict(python_paths(places.tmp)))

    def belong_to(self, session: str) -> None:
        self._workspace.belong_to(session)

    async def discard(self) -> None:
        if self.kernel is not None:
            await self.kernel.kill("nobody needed it")
        self._workspace.delete()

    async def warm_up(self) -> None:
        """Start a kernel and import what most code does; make the font list if there is none yet."""
        await self.start()
        assert self.kernel is not None
        makes_fonts = not self._seats.has_font_list()
        code = f"{PRELOAD}\n{COPY_FONT_LIST}" if makes_fonts else PRELOAD
        exchange = self.kernel.execute(code, ignore, expressions={})
        await wait_first(exchange.finished, self.kernel.died, timeout_s=PRELOAD_TIMEOUT_S)
        if makes_fonts:
            self._seats.keep_font_list(self._workspace.directory.root)
