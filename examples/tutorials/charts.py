"""CSV 파일로 그래프 세 개를 그리고 내려받습니다. (Three charts of a CSV file, downloaded.)

`localassist serve`로 서버를 켠 다음:

    export OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=none
    python examples/tutorials/charts.py [저장할 폴더]
"""

import sys
from pathlib import Path

from openai import OpenAI

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else "charts")
SALES = b"month,sales,cost\n1,120,80\n2,150,85\n3,90,70\n4,210,110\n5,260,130\n6,240,125\n"
REQUESTS = (
    "sales.csv에서 month와 sales로 막대 그래프를 그려 줘.",
    "sales.csv에서 month와 cost로 선 그래프를 그려 줘.",
    "sales.csv에서 sales와 cost로 산점도를 그려 줘.",
)

client = OpenAI()
FOLDER.mkdir(parents=True, exist_ok=True)

file = client.files.create(file=("sales.csv", SALES), purpose="assistants")
assistant = client.beta.assistants.create(
    name="그래프 도우미",
    instructions="CSV 파일을 분석하고 그래프를 그립니다.",
    tools=[{"type": "code_interpreter"}],
    tool_resources={"code_interpreter": {"file_ids": [file.id]}},
    model="gpt-4o",
)
thread = client.beta.threads.create()


def made_in(message):
    """메시지가 보여 주는 그림과 연결한 파일의 id, 한 번씩."""
    ids = []
    for part in message.content:
        if part.type == "image_file":
            ids.append(part.image_file.file_id)
        elif part.type == "text":
            ids += [a.file_path.file_id for a in part.text.annotations if a.type == "file_path"]
    return list(dict.fromkeys(ids))


def download(file_id):
    name = Path(client.files.retrieve(file_id).filename).name
    path = FOLDER / f"{file_id}-{name}"
    path.write_bytes(client.files.content(file_id).read())
    return path


num_saved = 0
for request in REQUESTS:
    print(f"\n사용자: {request}")
    client.beta.threads.messages.create(thread_id=thread.id, role="user", content=request)
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    messages = client.beta.threads.messages.list(thread_id=thread.id, run_id=run.id, order="asc").data
    for message in messages:
        print("도우미:", "".join(part.text.value for part in message.content if part.type == "text"))
    saved = [download(file_id) for message in messages for file_id in made_in(message)]
    num_saved += len(saved)
    for path in saved:
        print(f"  저장: {path.name} ({path.stat().st_size:,} bytes)")
    if not saved:
        print(f"  이번에는 그래프가 없습니다 (실행 상태: {run.status}).")
print(f"\n{FOLDER}에 파일 {num_saved}개를 저장했습니다.")
