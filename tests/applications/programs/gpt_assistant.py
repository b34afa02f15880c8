"""GPTAssistantAgent of AG2 and of the AutoGen before it: found again by name, a function, code, a cited file."""

import os
import sys
from pathlib import Path

from autogen import UserProxyAgent
from autogen.agentchat.contrib.gpt_assistant_agent import GPTAssistantAgent

GET_WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CONFIG = {
    "config_list": [
        {"model": "gpt-4o", "api_key": "none", "base_url": os.environ["OPENAI_BASE_URL"], "api_type": "openai"}
    ]
}


def get_weather(city: str) -> str:
    return f"21 degrees in {city}"


def agent_with(tools: list[dict], **assistant_config: object) -> GPTAssistantAgent:
    agent = GPTAssistantAgent(
        name="Helper", instructions="Help.", llm_config=CONFIG, assistant_config={"tools": tools, **assistant_config}
    )
    # AG2 0.13 fails at every run that is not finished at once, unless this is set afterwards.
    agent.llm_config["check_every_ms"] = 50
    return agent


def ask(agent: GPTAssistantAgent, text: str) -> str:
    user = UserProxyAgent(
        name="user", human_input_mode="NEVER", max_consecutive_auto_reply=0, code_execution_config=False
    )
    return user.initiate_chat(agent, message=text, clear_history=True).summary.strip()


def main(folder: Path) -> None:
    agent = agent_with([GET_WEATHER])
    agent.register_function(function_map={"get_weather": get_weather})
    assert ask(agent, "Weather in Oslo?") == "It is 21 degrees in Oslo."

    found = agent_with([GET_WEATHER])
    assert found.assistant_id == agent.assistant_id, "the assistant was not found by its name"

    client = agent.openai_client
    stores = getattr(client, "vector_stores", None) or client.beta.vector_stores
    store = stores.create(name="Notes")
    notes = folder / "notes.md"
    notes.write_text("# Notes\n\nThe shop opens at half past nine.\n", encoding="utf-8")
    with notes.open("rb") as file:
        batch = stores.file_batches.upload_and_poll(vector_store_id=store.id, files=[file])
    assert batch.file_counts.completed == 1, batch
    librarian = agent_with([{"type": "file_search"}], tool_resources={"file_search": {"vector_store_ids": [store.id]}})
    cited = ask(librarian, "When does the shop open?")
    assert cited.startswith("At half past nine. [0]"), cited
    assert "notes.md" in cited, cited

    librarian.delete_assistant()
    agent.delete_assistant()
    assert not client.beta.assistants.list().data


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    print("done")
