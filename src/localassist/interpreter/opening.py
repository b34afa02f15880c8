"""From the settings to the place where kernels run. Imports what kernels need only when one is needed."""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from localassist.config import Config
from localassist.errors import InterpreterUnavailable, MissingExtra
from localassist.interpreter.kernels import Seats
from localassist.interpreter.sandbox.base import Limits
from localassist.interpreter.scratch import Scratch
from localassist.interpreter.workspace import delete_files_of

REQUIRED = ("ipykernel", "jupyter_client", "matplotlib", "numpy", "pandas")


class Opening:
    """Opens the seats that a configuration asks for, as often as it takes."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._root = None if config.in_memory else config.directory / "interpreter"

    def open_seats(self) -> Seats:
        """Raises MissingExtra, or InterpreterUnavailable with the remedy."""
        if missing_parts():
            raise MissingExtra.of("The code interpreter", "interpreter")
        packages = [package_directory(path) for path in self._config.code_packages]
        scratch = Scratch()
        try:
            root = self._root or scratch.path / "kept"
            root.mkdir(parents=True, exist_ok=True, mode=0o711)
            return (
                self._gateway(root, scratch) if self._config.code_gateway_url else self._local(root, scratch, packages)
            )
        except BaseException:
            scratch.close()
            raise

    def _local(self, root: Path, scratch: Scratch, packages: Sequence[Path]) -> Seats:
        from localassist.interpreter.local import LocalSeats
        from localassist.interpreter.sandbox.choosing import choose_sandbox

        choice = choose_sandbox(self._config, root)
        return LocalSeats(root, scratch, choice, Limits.from_config(self._config), packages)

    def _gateway(self, root: Path, scratch: Scratch) -> Seats:
        from localassist.interpreter.gateway.address import GatewayAddress
        from localassist.interpreter.gateway.seats import GatewaySeats, GatewaySetup

        config = self._config
        assert config.code_gateway_url is not None
        setup = GatewaySetup(
            GatewayAddress.parse(
                config.code_gateway_url, token=config.code_gateway_token, ca_file=config.code_gateway_ca_file
            ),
            kernel_name=config.code_gateway_kernel,
            directory=config.code_gateway_directory,
            is_temporary=config.in_memory,
        )
        return GatewaySeats(root, scratch, setup, Limits.from_config(config))

    def delete_files(self, session: str) -> None:
        """Delete what a session of an earlier engine left."""
        if self._root is not None:
            delete_files_of(session, self._root)


def missing_parts() -> list[str]:
    """The libraries of the interpreter extra that are not installed."""
    return [name for name in REQUIRED if importlib.util.find_spec(name) is None]


def package_directory(given: str) -> Path:
    """The directory of packages that a setting names, by itself or by its virtual environment.

    Raises InterpreterUnavailable for one that this Python cannot use.
    """
    path = Path(given).expanduser().absolute()
    if (path / "pyvenv.cfg").exists():
        found = path / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
        if not found.is_dir():
            raise InterpreterUnavailable(
                f"code_packages names {given}, an environment of another Python than this one "
                f"({sys.version_info.major}.{sys.version_info.minor}). Name one made with the same version."
            )
        return found
    if not path.is_dir():
        raise InterpreterUnavailable(f"code_packages names {given}, which is not a directory. Correct the setting.")
    return path
