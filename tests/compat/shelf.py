"""Three objects in every list, and how to ask each list for them."""

from dataclasses import dataclass, field

from tests.compat.world import HI, World


@dataclass
class Shelf:
    """`urls` has the address of each list, by the name of its endpoint."""

    world: World
    urls: dict[str, str] = field(default_factory=dict)

    def ids(self, name: str, query: str = "") -> list[str]:
        speaking = self.world.speaking("v1" if name.endswith("(assistants=v1)") else "v2")
        return [one["id"] for one in speaking.get(f"{self.urls[name]}?{query}")["data"]]


def fill(world: World) -> Shelf:
    assistants = [world.assistant() for _ in range(3)]
    stores = [world.store() for _ in range(3)]
    thread = world.thread(HI, HI)
    run = world.run(thread, assistant_id=assistants[0])
    world.thread(HI)
    waiting = world.waiting_run()
    (call,) = waiting["required_action"]["submit_tool_outputs"]["tool_calls"]
    steps = f"/threads/{waiting['thread_id']}/runs/{waiting['id']}"
    outputs = {"tool_outputs": [{"tool_call_id": call["id"], "output": "sunny"}]}
    world.rested(world.post(f"{steps}/submit_tool_outputs", outputs))
    for _ in range(2):
        world.run(thread, assistant_id=assistants[0])
    files = [world.file() for _ in range(3)]
    batch = world.post(f"/vector_stores/{stores[0]}/file_batches", {"file_ids": files})
    store = f"/vector_stores/{stores[0]}"
    v1 = world.speaking("v1")
    attached = v1.assistant(tools=[{"type": "code_interpreter"}], file_ids=files)
    sent = v1.post(f"/threads/{v1.thread()}/messages", {"role": "user", "content": "hi", "file_ids": files})
    return Shelf(
        world,
        {
            "GET /v1/assistants": "/assistants",
            "GET /v1/threads": "/threads",
            "GET /v1/threads/{thread_id}/messages": f"/threads/{run['thread_id']}/messages",
            "GET /v1/threads/{thread_id}/runs": f"/threads/{run['thread_id']}/runs",
            "GET /v1/threads/{thread_id}/runs/{run_id}/steps": f"{steps}/steps",
            "GET /v1/runs": "/runs",
            "GET /v1/files": "/files",
            "GET /v1/vector_stores": "/vector_stores",
            "GET /v1/assistants/{assistant_id}/files (assistants=v1)": f"/assistants/{attached}/files",
            "GET /v1/threads/{thread_id}/messages/{message_id}/files (assistants=v1)": (
                f"/threads/{sent['thread_id']}/messages/{sent['id']}/files"
            ),
            "GET /v1/vector_stores/{vector_store_id}/files": f"{store}/files",
            "GET /v1/vector_stores/{vector_store_id}/file_batches/{batch_id}/files": (
                f"{store}/file_batches/{batch['id']}/files"
            ),
        },
    )
