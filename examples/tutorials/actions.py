"""Actions: the operations of an OpenAPI document as strict functions (`x-strict`), called for real by this program.

The only change to an ordinary program is the import: the engine runs in this process and needs no server.

    python examples/tutorials/actions.py
"""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from localassist import LocalAssist as OpenAI
from localassist.actions import from_openapi

PRICES = {"oak tables": 240, "red chairs": 75, "desk lamps": 32}
MAX_ROUNDS = 4


class Shop(BaseHTTPRequestHandler):
    """A small HTTP API to call: GET /price?item=..."""

    def do_GET(self):
        (item,) = parse_qs(urlsplit(self.path).query).get("item", [""])
        found = {"item": item, "price": PRICES[item]} if item in PRICES else {"error": f"no item {item!r}"}
        body = json.dumps(found).encode()
        self.send_response(200 if item in PRICES else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code="-", size="-"):
        print(f"  [the shop was asked for {self.path}: {code}]")


shop = HTTPServer(("127.0.0.1", 0), Shop)
Thread(target=shop.serve_forever, daemon=True).start()
address = f"127.0.0.1:{shop.server_port}"

actions = from_openapi(
    {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "servers": [{"url": f"http://{address}"}],
        "paths": {
            "/price": {
                "get": {
                    "operationId": "get_price",
                    "summary": "The price of an item.",
                    "x-strict": True,
                    "parameters": [{"in": "query", "name": "item", "required": True, "schema": {"type": "string"}}],
                }
            }
        },
    },
    allowed_hosts=[address],  # loopback addresses have to be allowed
)
print("strict function:", json.dumps(actions.tools[0]["function"]["parameters"]))

with OpenAI(data_dir=":memory:") as client:
    assistant = client.beta.assistants.create(
        model="gpt-4o", instructions="You are a helpful assistant.", tools=actions.tools
    )
    thread = client.beta.threads.create(messages=[{"role": "user", "content": 'get_price for "oak tables"'}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    rounds = 0
    while run.status == "requires_action" and rounds < MAX_ROUNDS:
        outputs = []
        for call in run.required_action.submit_tool_outputs.tool_calls:
            output = actions.execute(call)
            print(f"{call.function.name}({call.function.arguments}) → {output}")
            outputs.append({"tool_call_id": call.id, "output": output})
        rounds += 1
        run = client.beta.threads.runs.submit_tool_outputs_and_poll(
            thread_id=thread.id, run_id=run.id, tool_outputs=outputs
        )
    if run.status == "completed":
        print("assistant:", client.beta.threads.messages.list(thread_id=thread.id).data[0].content[0].text.value)
    else:
        print(f"The run is {run.status} after {rounds} rounds of calls.")
shop.shutdown()
