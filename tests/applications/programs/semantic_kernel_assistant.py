"""Semantic Kernel's OpenAIAssistantAgent: a plug-in's function, streaming, the code interpreter's file, file search."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

from semantic_kernel.agents import AssistantAgentThread, OpenAIAssistantAgent
from semantic_kernel.contents import AnnotationContent, FileReferenceContent
from semantic_kernel.functions import kernel_function


class Weather:
    @kernel_function(description="The weather of a city.")
    def get_weather(self, city: Annotated[str, "The city."]) -> Annotated[str, "The weather."]:
        return f"21 degrees in {city}"


async def main(folder: Path) -> None:
    # OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_CHAT_MODEL_ID are read from the environment.
    client = OpenAIAssistantAgent.create_client()
    definition = await client.beta.assistants.create(model="gpt-4o", name="Host", instructions="Help.")
    agent = OpenAIAssistantAgent(client=client, definition=definition, plugins=[Weather()])
    thread = AssistantAgentThread(client=client)
    answer = await agent.get_response(messages="Weather in Oslo?", thread=thread)
    assert str(answer.content) == "It is 21 degrees in Oslo.", answer

    pieces = [piece async for piece in agent.invoke_stream(messages="And in Rome?", thread=thread)]
    assert "".join(str(piece.content) for piece in pieces) == "It is 21 degrees in Rome.", pieces
    assert len(pieces) > 1
    await thread.delete()

    tools, resources = OpenAIAssistantAgent.configure_code_interpreter_tool()
    definition = await client.beta.assistants.create(model="gpt-4o", tools=tools, tool_resources=resources)
    agent = OpenAIAssistantAgent(client=client, definition=definition)
    seen = [item async for item in agent.invoke(messages="Write 42 into a file.")]
    assert str(seen[0].content).strip() == "open('/mnt/data/answer.txt', 'w').write('42')", seen[0]
    items = [item for message in seen for item in message.items]
    (written,) = [item for item in items if isinstance(item, AnnotationContent | FileReferenceContent)]
    assert (await client.files.content(written.file_id)).read() == b"42"

    notes = folder / "notes.md"
    notes.write_text("# Notes\n\nThe shop opens at half past nine.\n", encoding="utf-8")
    with notes.open("rb") as file:
        uploaded = await client.files.create(file=file, purpose="assistants")
    store = await client.vector_stores.create(name="Notes", file_ids=[uploaded.id])
    while (await client.vector_stores.retrieve(store.id)).file_counts.in_progress:
        await asyncio.sleep(0.05)
    tools, resources = OpenAIAssistantAgent.configure_file_search_tool(vector_store_ids=store.id)
    definition = await client.beta.assistants.create(model="gpt-4o", tools=tools, tool_resources=resources)
    agent = OpenAIAssistantAgent(client=client, definition=definition)
    answer = await agent.get_response(messages="When does the shop open?")
    assert str(answer.content) == "At half past nine.【0:0†notes.md】", answer
    (citation,) = [item for item in answer.items if isinstance(item, AnnotationContent)]
    assert citation.file_id == uploaded.id, citation
    await client.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
    print("done")
