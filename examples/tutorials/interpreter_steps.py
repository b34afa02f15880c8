"""代码解释器:打印每一步运行的代码和它的输出。(The code interpreter, step by step.)

先用 `localassist serve` 启动服务器,然后:

    export OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=none
    python examples/tutorials/interpreter_steps.py
"""

from openai import OpenAI

client = OpenAI()

assistant = client.beta.assistants.create(
    name="数学老师",
    instructions="你是一位数学老师。请编写并运行代码来回答数学问题。",
    tools=[{"type": "code_interpreter"}],
    model="gpt-4o",
)
thread = client.beta.threads.create(messages=[{"role": "user", "content": "计算 3478 * 621。"}])
run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
print(f"运行状态:{run.status}\n")


def show_code(call):
    print("运行的代码:")
    print("\n".join(f"    {line}" for line in call.code_interpreter.input.splitlines()))
    for output in call.code_interpreter.outputs:
        if output.type == "logs":
            print("输出:")
            print("\n".join(f"    {line}" for line in output.logs.splitlines()))
        else:
            print(f"图片:{output.image.file_id}")


def show_message(message_id):
    message = client.beta.threads.messages.retrieve(message_id, thread_id=thread.id)
    print("回答:" + "".join(part.text.value for part in message.content if part.type == "text"))


# 步骤默认从新到旧,这里按时间顺序。
steps = client.beta.threads.runs.steps.list(thread_id=thread.id, run_id=run.id, order="asc")
used_code = False
for number, step in enumerate(steps, start=1):
    print(f"第 {number} 步:{step.type}({step.status})")
    if step.step_details.type == "message_creation":
        show_message(step.step_details.message_creation.message_id)
        continue
    for call in step.step_details.tool_calls:
        if call.type == "code_interpreter":
            used_code = True
            show_code(call)

if not used_code:
    print("这一次模型没有运行代码,直接回答了。")
