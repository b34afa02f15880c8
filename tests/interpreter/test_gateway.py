"""Kernels behind a real Jupyter kernel gateway, on loopback."""

import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from localassist.cli.interpreter_checks import check_interpreter
from localassist.config import Config
from localassist.errors import InterpreterUnavailable
from localassist.interpreter import KernelInterpreter
from localassist.interpreter.interpreter import SessionRules
from localassist.protocols import Cancellation, CellImage
from tests.interpreter.conftest import Notebook, session_file, wait_until
from tests.interpreter.test_session_files import made

TOKEN = "a secret token"
START_TIMEOUT_S = 90
RULES = SessionRules(cell_timeout_s=60, num_ahead=0)


# Self-signed, for 127.0.0.1; made for these tests and trusted by nothing else.
CERTIFICATE, KEY = (str(Path(__file__).parent / "data" / f"gateway.{kind}") for kind in ("pem", "key"))
TLS_OPTIONS = (f"--KernelGatewayApp.certfile={CERTIFICATE}", f"--KernelGatewayApp.keyfile={KEY}")


class Gateway(NamedTuple):
    """A gateway that is running; `directory` is the temporary one of its kernels."""

    url: str
    directory: Path

    def kernels(self) -> list[dict[str, object]]:
        headers = {"Authorization": f"token {TOKEN}"}
        return httpx.get(f"{self.url}/api/kernels", headers=headers, timeout=30, verify=TRUSTED).json()


TRUSTED = ssl.create_default_context(cafile=CERTIFICATE)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(tmp_path_factory.mktemp("gateway"), "http") as gateway:
        yield gateway


@contextmanager
def running(home: Path, scheme: str, *options: str) -> Iterator[Gateway]:
    (home / "tmp").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "kernel_gateway",
                "--KernelGatewayApp.ip=127.0.0.1",
                f"--KernelGatewayApp.port={port}",
                "--KernelGatewayApp.port_retries=0",
                "--JupyterWebsocketPersonality.list_kernels=True",
                *options,
            ],
            env={
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "HOME": str(home),
                "TMPDIR": str(home / "tmp"),
                "KG_AUTH_TOKEN": TOKEN,
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = f"{scheme}://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not answers(url):
            assert process.poll() is None, (home / "log").read_text()
            assert time.monotonic() < deadline, (home / "log").read_text()
            time.sleep(0.2)
        yield Gateway(url, home / "tmp")
    finally:
        process.terminate()
        process.wait(30)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api", verify=TRUSTED).status_code < 500
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def remote(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KernelInterpreter]:
    config = Config(
        data_dir=str(tmp_path_factory.mktemp("engine")), code_gateway_url=gateway.url, code_gateway_token=TOKEN
    )
    interpreter = KernelInterpreter(config, rules=RULES)
    yield interpreter
    interpreter.close()
    wait_until(lambda: gateway.kernels() == [])


@pytest.fixture(scope="module")
def cell(remote: KernelInterpreter) -> Notebook:
    return Notebook(remote, "thread_1")


def test_cells_share_variables_and_show_values(cell: Notebook) -> None:
    cell("x = 6")
    assert cell("print('so'); x * 7").output == "so\n42\n"
    assert "".join(map(str, cell.shown)) == "so\n42\n"


def test_a_traceback_is_plain_and_the_network_is_not_spoken_of(cell: Notebook) -> None:
    result = cell("import surely_not_installed")
    assert result.failed
    assert result.output.endswith("ModuleNotFoundError: No module named 'surely_not_installed'\n")
    assert "Cell In[" in result.output


def test_files_go_to_and_fro(cell: Notebook) -> None:
    data = os.urandom(5 << 20)
    sent = [session_file("file-1", "data.bin", data), session_file("file-2", "empty.txt", b"")]
    result = cell(
        "import os\nprint(os.getcwd(), os.path.getsize('/mnt/data/file-1'), os.path.getsize('/mnt/data/empty.txt'))\n"
        "_ = open('/mnt/data/out.bin', 'wb').write(open('/mnt/data/data.bin', 'rb').read())",
        files=sent,
    )
    assert result.output == f"/mnt/data {5 << 20} 0\n"
    assert made(result) == {"out.bin": data}
    assert cell("1", files=sent).files == ()


def test_figures_are_pictures(cell: Notebook) -> None:
    result = cell("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    assert [type(output) for output in result.outputs] == [CellImage]


def test_much_output_is_shortened(cell: Notebook) -> None:
    result = cell("for i in range(100_000): print('line', i)")
    assert result.output.startswith("line 0\n")
    assert result.output.endswith("line 99999\n")
    assert "characters left out" in result.output


def test_cancelling_interrupts(cell: Notebook) -> None:
    result = cell.cancelled_at_its_first_output("print('begun', flush=True); import time; time.sleep(600)")
    assert result.note == "stopped because the run was cancelled; variables and files are kept"


def test_a_dead_kernel_is_replaced_and_its_files_are_kept(cell: Notebook) -> None:
    cell("gone = 1; _ = open('/mnt/data/stays.txt', 'w').write('x')")
    result = cell("import os; os._exit(1)")
    assert result.failed
    assert "variables are lost, files are kept" in (result.note or "")
    after = cell("import os; print('stays.txt' in os.listdir('/mnt/data')); gone")
    assert after.output.startswith("True\nTraceback")


def test_forgetting_deletes_the_files_at_the_gateway(remote: KernelInterpreter, gateway: Gateway) -> None:
    other = Notebook(remote, "thread_2")
    before = set(gateway.directory.glob("localassist-*"))
    other("_ = open('/mnt/data/a.txt', 'w').write('x')")
    (directory,) = set(gateway.directory.glob("localassist-*")) - before
    assert (directory / "a.txt").exists()
    remote.forget("thread_2")
    wait_until(lambda: not directory.exists())


def test_files_that_are_gone_with_their_kernel_are_said_to_be(gateway: Gateway, tmp_path: Path) -> None:
    config = Config(data_dir=str(tmp_path), code_gateway_url=gateway.url, code_gateway_token=TOKEN)
    first = KernelInterpreter(config, rules=RULES)
    before = set(gateway.directory.glob("localassist-*"))
    sent = [session_file("file-1", "data.txt", b"sent")]
    Notebook(first, "s")("_ = open('/mnt/data/made.txt', 'w').write('x')", files=sent)
    first.close()
    (directory,) = set(gateway.directory.glob("localassist-*")) - before
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()
    again = KernelInterpreter(config, rules=RULES)
    result = Notebook(again, "s")("print(open('/mnt/data/data.txt').read())", files=sent)
    again.close()
    assert "[files made earlier are gone with the kernel that had them]\nsent\n" in result.output


def test_a_wrong_token_is_refused_by_name(gateway: Gateway) -> None:
    config = Config(data_dir=":memory:", code_gateway_url=gateway.url, code_gateway_token="wrong")
    interpreter = KernelInterpreter(config, rules=RULES)
    with pytest.raises(InterpreterUnavailable, match="refuses the token"):
        interpreter.execute("s", "1", files=(), cancellation=Cancellation())
    interpreter.close()


def test_doctor_says_whether_the_gateway_can_be_used(gateway: Gateway) -> None:
    def finding(**settings: str) -> tuple[str, str]:
        wanted = {"code_gateway_url": gateway.url, "code_gateway_token": TOKEN, **settings}
        (found,) = check_interpreter(Config(data_dir=":memory:", **wanted))
        return found.level, found.text

    assert finding() == ("ok", f"runs code behind the kernel gateway {gateway.url}, which alone confines it")
    assert finding(code_gateway_kernel="python3")[0] == "ok"
    level, text = finding(code_gateway_kernel="julia")
    assert level == "problem"
    assert "has no kernel 'julia'. Set code_gateway_kernel to one of: python3." in text
    assert "refuses the token" in finding(code_gateway_token="wrong")[1]
    assert "write it as https://host:port" in finding(code_gateway_url="gateway.example")[1]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        nowhere = f"http://127.0.0.1:{probe.getsockname()[1]}"
    assert f"{nowhere} does not answer as one" in finding(code_gateway_url=nowhere)[1]


def test_a_gateway_that_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    interpreter = KernelInterpreter(Config(data_dir=":memory:", code_gateway_url=url), rules=RULES)
    with pytest.raises(InterpreterUnavailable, match=f"{url} gives no kernel"):
        interpreter.execute("s", "1", files=(), cancellation=Cancellation())
    interpreter.close()


def test_a_gateway_is_reached_over_tls_where_its_certificate_is_trusted(tmp_path: Path) -> None:
    def engine(gateway: Gateway, name: str, ca_file: str | None) -> KernelInterpreter:
        config = Config(
            data_dir=str(tmp_path / name),
            code_gateway_url=gateway.url,
            code_gateway_token=TOKEN,
            code_gateway_ca_file=ca_file,
        )
        return KernelInterpreter(config, rules=RULES)

    (tmp_path / "gateway").mkdir()
    with running(tmp_path / "gateway", "https", *TLS_OPTIONS) as gateway:
        trusting = engine(gateway, "trusting", CERTIFICATE)
        assert Notebook(trusting, "thread_1")("print(6 * 7)").output == "42\n"
        trusting.close()
        doubting = engine(gateway, "doubting", None)
        with pytest.raises(InterpreterUnavailable, match=r"(?i)certificate"):
            Notebook(doubting, "thread_1")("print(6 * 7)")
        doubting.close()
        wait_until(lambda: gateway.kernels() == [])
