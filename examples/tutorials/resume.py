"""带着元数据的对话线程:保存它的 id,下次接着聊。(A thread with metadata; its id is saved, and the talk goes on later.)

先用 `localassist serve` 启动服务器,然后运行两次:

    export OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=none
    python examples/tutorials/resume.py [保存 id 的文件]
"""

import json
import sys
from pathlib import Path

from openai import NotFoundError, OpenAI

SAVED = Path(sys.argv[1] if len(sys.argv) > 1 else "my_thread.json")

client = OpenAI()


def begin():
    """第一次:新的助手和新的线程。"""
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="你是一个乐于助人的助手。")
    thread = client.beta.threads.create(metadata={"user": "小林", "topic": "旅行", "visits": "0"})
    SAVED.write_text(json.dumps({"thread": thread.id, "assistant": assistant.id}), encoding="utf-8")
    print(f"新的对话:{thread.id}")
    return thread, assistant, "你好,我叫小林。"


def resume():
    """以后:用保存的 id 找回线程。"""
    ids = json.loads(SAVED.read_text(encoding="utf-8"))
    try:
        thread = client.beta.threads.retrieve(ids["thread"])
        assistant = client.beta.assistants.retrieve(ids["assistant"])
    except NotFoundError as exc:
        raise SystemExit(f"服务器上没有这个对话:{exc.body['message']} 删除 {SAVED} 可以重新开始。") from exc
    print(f"继续对话:{thread.id}")
    return thread, assistant, "我叫什么名字?"


thread, assistant, question = resume() if SAVED.exists() else begin()
client.beta.threads.messages.create(thread_id=thread.id, role="user", content=question)
run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
print(f"运行状态:{run.status}\n")

# 元数据的值都是字符串;更新会替换全部,所以先带上原来的。
visits = int(thread.metadata["visits"]) + 1
thread = client.beta.threads.update(thread.id, metadata={**thread.metadata, "visits": str(visits)})
print(f"{thread.metadata['user']}的第 {thread.metadata['visits']} 次来访,话题:{thread.metadata['topic']}")

names = {"user": "我", "assistant": "助手"}
for message in client.beta.threads.messages.list(thread_id=thread.id, order="asc"):
    print(f"{names[message.role]}:" + "".join(part.text.value for part in message.content if part.type == "text"))
