"""LangChain's runnables: an AgentExecutor with a tool, messages of a hosted tool, a file with a message, and V2."""

import os

import openai
from langchain_classic.agents import AgentExecutor
from langchain_classic.agents.openai_assistant import OpenAIAssistantRunnable
from langchain_community.agents.openai_assistant import OpenAIAssistantV2Runnable
from langchain_core.tools import tool

MODEL = "gpt-4-1106-preview"


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"21 degrees in {city}"


def an_agent_calls_its_tool() -> None:
    agent = OpenAIAssistantRunnable.create_assistant(
        name="Weather", instructions="Be brief.", tools=[get_weather], model=MODEL, as_agent=True, check_every_ms=50
    )
    done = AgentExecutor(agent=agent, tools=[get_weather]).invoke({"content": "Weather in Oslo?"})
    assert done["output"] == "It is 21 degrees in Oslo.", done
    again = agent.invoke({"content": "And what is my name?", "thread_id": done["thread_id"]})
    assert again.return_values["output"] == "You did not say.", again


def messages_of_the_code_interpreter() -> None:
    tutor = OpenAIAssistantRunnable.create_assistant(
        name="Tutor", instructions="Run code.", tools=[{"type": "code_interpreter"}], model=MODEL, check_every_ms=50
    )
    (message,) = tutor.invoke({"content": "What is 6 * 7?", "thread_metadata": {"of": "langchain"}})
    assert message.content[0].text.value == "It is 42.", message
    assert list(message.attachments) == []


def actions_are_performed_without_an_executor() -> None:
    agent = OpenAIAssistantRunnable.create_assistant(
        name="Weather", instructions="Be brief.", tools=[get_weather], model=MODEL, as_agent=True, check_every_ms=50
    )
    (action,) = agent.invoke({"content": "Weather in Rome?"})
    assert (action.tool, action.tool_input) == ("get_weather", {"city": "Rome"}), action
    outputs = [{"tool_call_id": action.tool_call_id, "output": "warm"}]
    done = agent.invoke({"tool_outputs": outputs, "run_id": action.run_id, "thread_id": action.thread_id})
    assert done.return_values["output"] == "It is warm in Rome.", done


def the_second_version_takes_files() -> None:
    client = openai.OpenAI(default_headers={"OpenAI-Beta": "assistants=v2"})
    file = client.files.create(file=("prices.csv", b"item,price\nlamp,30\n"), purpose="assistants")
    reader = OpenAIAssistantV2Runnable.create_assistant(
        name="Reader",
        instructions="Read the file.",
        tools=[{"type": "code_interpreter"}],
        model=MODEL,
        client=client,
        check_every_ms=50,
        tool_resources={"code_interpreter": {"file_ids": [file.id]}},
    )
    (message,) = reader.invoke({"content": "What does a lamp cost?"})
    assert message.content[0].text.value == "It costs 30.", message


if __name__ == "__main__":
    assert os.environ["OPENAI_BASE_URL"]
    an_agent_calls_its_tool()
    messages_of_the_code_interpreter()
    actions_are_performed_without_an_executor()
    the_second_version_takes_files()
    print("done")
