"""An assistant that calls a function, in process and over HTTP, where the only network is loopback.

`test_offline.py` starts it in a network namespace of its own: python offline_scenario.py MODEL DATA_DIRECTORY
"""

import errno
import fcntl
import json
import socket
import struct
import sys
from typing import Any

import openai

from localassist import LocalAssist
from localassist.http.server import serve_in_thread

ELSEWHERE = "192.0.2.1"  # TEST-NET-1 (RFC 5737): it belongs to nobody
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1  # linux/sockios.h, linux/if.h
WEATHER = {
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def raise_loopback() -> None:
    """Bring up `lo`, which a new namespace has but does not start."""
    with socket.socket() as control:
        request = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sH22x", b"lo", 0))
        (flags,) = struct.unpack_from("H", request, 16)
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | IFF_UP))


def has_no_way_out() -> bool:
    """Whether another host is unreachable, as it must be here."""
    try:
        socket.create_connection((ELSEWHERE, 80), timeout=5).close()
    except OSError as exc:
        return exc.errno == errno.ENETUNREACH
    return False


def converse(client: openai.OpenAI) -> str:
    """Ask, answer the function call, and return what the assistant says."""
    tools: Any = [{"type": "function", "function": WEATHER}]
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Tell the weather.", tools=tools)
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "How is the weather in Paris?"}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert run.required_action is not None, run.last_error
    calls = run.required_action.submit_tool_outputs.tool_calls
    with client.beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id,
        thread_id=thread.id,
        tool_outputs=[{"tool_call_id": call.id, "output": "sunny"} for call in calls],
    ) as stream:
        return "".join(stream.text_deltas)


def main() -> None:
    """Print what was found as JSON."""
    raise_loopback()
    found: dict[str, Any] = {"isolated": has_no_way_out()}
    with LocalAssist(model=sys.argv[1], data_dir=sys.argv[2]) as client:
        found["in process"] = converse(client)
        with serve_in_thread(client.engine) as url, openai.OpenAI(base_url=url, api_key="none") as remote:
            found["over http"] = converse(remote)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
