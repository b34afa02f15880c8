"""AutoGen's OpenAIAssistantAgent: a function, files for both hosted tools, reset, state, clean-up."""

import asyncio
import sys
from pathlib import Path

from autogen_agentchat.base import Response
from autogen_agentchat.messages import TextMessage, ToolCallExecutionEvent, ToolCallRequestEvent
from autogen_core import CancellationToken
from autogen_ext.agents.openai import OpenAIAssistantAgent
from openai import AsyncOpenAI


def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"21 degrees in {city}"


def asked(text: str) -> list[TextMessage]:
    return [TextMessage(source="user", content=text)]


async def main(folder: Path) -> None:
    client, token = AsyncOpenAI(), CancellationToken()
    agent = OpenAIAssistantAgent(
        name="helper",
        description="Helps.",
        client=client,
        model="gpt-4o",
        instructions="Help.",
        tools=["code_interpreter", "file_search", get_weather],
    )
    seen = [item async for item in agent.on_messages_stream(asked("Weather in Oslo?"), token)]
    assert [type(item) for item in seen] == [ToolCallRequestEvent, ToolCallExecutionEvent, Response], seen
    assert seen[-1].chat_message.content == "It is 21 degrees in Oslo.", seen

    table, notes = folder / "가격.csv", folder / "notes.md"
    table.write_text("item,price\nlamp,30\n", encoding="utf-8")
    notes.write_text("# Notes\n\nThe shop opens at half past nine.\n", encoding="utf-8")
    await agent.on_upload_for_code_interpreter(str(table), token)
    await agent.on_upload_for_file_search(str(notes), token)
    answer = await agent.on_messages(asked("What does a lamp cost?"), token)
    assert answer.chat_message.content == "A lamp costs 30.", answer
    answer = await agent.on_messages(asked("When does the shop open?"), token)
    assert answer.chat_message.content == "At half past nine.【0:0†notes.md】", answer

    state = await agent.save_state()
    assert state["thread_id"].startswith("thread_")
    await agent.on_reset(token)
    assert not (await client.beta.threads.messages.list(state["thread_id"])).data
    await agent.delete_uploaded_files(token)
    await agent.delete_vector_store(token)
    await agent.delete_assistant(token)
    assert not (await client.beta.assistants.list()).data
    assert not (await client.files.list()).data
    await client.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
    print("done")
