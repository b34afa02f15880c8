"""Whether a kernel gateway can be used as it is configured, found out without a kernel of it."""

import httpx

from localassist.errors import InterpreterUnavailable
from localassist.interpreter.gateway.address import GatewayAddress

TIMEOUT_S = 10.0


def try_gateway(address: GatewayAddress, *, kernel_name: str | None) -> None:
    """Raise InterpreterUnavailable, with the remedy, where no kernel will come from there."""
    try:
        answer = httpx.get(
            f"{address.url}/api/kernelspecs",
            headers=address.headers,
            verify=address.tls or True,
            timeout=TIMEOUT_S,
            trust_env=False,
        )
        if answer.status_code in (401, 403):
            raise address.refuses_token()
        answer.raise_for_status()
        known = sorted(answer.json()["kernelspecs"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as exc:
        raise InterpreterUnavailable(
            f"The kernel gateway {address.url} does not answer as one: {exc}. Start it, or correct code_gateway_url."
        ) from exc
    if kernel_name is not None and kernel_name not in known:
        raise InterpreterUnavailable(
            f"The kernel gateway {address.url} has no kernel {kernel_name!r}. Set code_gateway_kernel to one of: "
            f"{', '.join(known)}."
        )
