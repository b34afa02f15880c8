"""Objects as the hosted API returned them, in the years it did."""

from typing import Any

THREAD_ID, ASSISTANT_ID, FILE_ID = "thread_abc123", "asst_abc123", "file-abc123"

ASSISTANT: dict[str, Any] = {
    "id": ASSISTANT_ID,
    "object": "assistant",
    "created_at": 1699009709,
    "name": "Tutor",
    "description": None,
    "model": "gpt-4o",
    "instructions": "Help with mathematics.",
    "tools": [
        {"type": "code_interpreter"},
        {"type": "file_search", "file_search": {"ranking_options": {"ranker": "auto", "score_threshold": 0.0}}},
        {
            "type": "function",
            "function": {"name": "f", "parameters": {"type": "object", "default": None}, "strict": True},
        },
    ],
    "top_p": 0.5,
    "temperature": 0.0,
    "reasoning_effort": None,
    "tool_resources": {"code_interpreter": {"file_ids": [FILE_ID]}, "file_search": {"vector_store_ids": ["vs_gone"]}},
    "metadata": {"k": "v"},
    "response_format": "auto",
}
FILE: dict[str, Any] = {
    "object": "file",
    "id": FILE_ID,
    "purpose": "assistants",
    "filename": "매출.csv",
    "bytes": 12,
    "created_at": 1699009700,
    "expires_at": None,
    "status": "processed",
    "status_details": None,
}


def user(number: int, text: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"msg_user{number}",
        "object": "thread.message",
        "created_at": 1699017000 + number * 10,
        "assistant_id": None,
        "thread_id": THREAD_ID,
        "run_id": None,
        "role": "user",
        "content": [{"type": "text", "text": {"value": text, "annotations": []}}],
        "attachments": [],
        "metadata": {},
        **more,
    }


def answer(number: int, text: str, **more: Any) -> dict[str, Any]:
    made = {"id": f"msg_answer{number}", "role": "assistant", "assistant_id": ASSISTANT_ID, "run_id": f"run_{number}"}
    return user(number, text) | made | {"created_at": 1699017003 + number * 10} | more


def step(number: int, kind: str, details: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": f"step_{kind}{number}",
        "object": "thread.run.step",
        "created_at": 1699017001 + number * 10,
        "run_id": f"run_{number}",
        "assistant_id": ASSISTANT_ID,
        "thread_id": THREAD_ID,
        "type": "message_creation" if kind == "m" else "tool_calls",
        "status": "completed",
        "completed_at": 1699017002 + number * 10,
        "expires_at": None,
        "last_error": None,
        "step_details": details,
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        **more,
    }


def code_step(number: int, code: str, logs: str) -> dict[str, Any]:
    outputs = [{"type": "logs", "logs": logs}]
    called = {
        "id": f"call_{number}",
        "type": "code_interpreter",
        "code_interpreter": {"input": code, "outputs": outputs},
    }
    return step(number, "c", {"type": "tool_calls", "tool_calls": [called]})


def message_step(number: int) -> dict[str, Any]:
    created = {"message_id": f"msg_answer{number}"}
    return step(number, "m", {"type": "message_creation", "message_creation": created})


def run(number: int, steps: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "id": f"run_{number}",
        "object": "thread.run",
        "created_at": 1699017001 + number * 10,
        "assistant_id": ASSISTANT_ID,
        "thread_id": THREAD_ID,
        "status": "completed",
        "started_at": 1699017001,
        "expires_at": None,
        "completed_at": 1699017004,
        "required_action": None,
        "last_error": None,
        "model": "gpt-4o",
        "instructions": None,
        "tools": [{"type": "code_interpreter"}],
        "metadata": {},
        "usage": {
            "prompt_tokens": 2,
            "completion_tokens": 4,
            "total_tokens": 6,
            "prompt_tokens_details": {"cached_tokens": 1},
        },
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "response_format": "auto",
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "steps": steps,
        **more,
    }


def record(messages: list[dict[str, Any]], runs: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    thread = {"id": THREAD_ID, "object": "thread", "created_at": 1699017000, "metadata": {}, "tool_resources": {}}
    return {
        "export_schema": "assistants-thread-export/v1",
        "thread_id": THREAD_ID,
        "exported_at": "2026-08-01T00:00:00+00:00",
        "thread": thread,
        "messages": messages,
        "runs": runs,
        "files": {FILE_ID: FILE},
        "errors": [],
        **more,
    }
