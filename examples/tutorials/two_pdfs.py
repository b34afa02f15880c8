"""PDF 두 개(영어와 한국어)에 질문하고, 무엇을 찾았는지 단계별로 봅니다. (Ask two PDFs, and see what the search found.)

`localassist serve`로 서버를 켠 다음:

    export OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=none
    python examples/tutorials/two_pdfs.py
"""

from pathlib import Path

from openai import OpenAI

DOCUMENTS = Path(__file__).parent / "documents"
WITH_CONTENT = "step_details.tool_calls[*].file_search.results[*].content"
QUESTIONS = ("How long can I return the lamp?", "겨울 휴가는 며칠이야?")

client = OpenAI()

# 1. 파일을 올려 벡터 스토어를 만듭니다. 파일 이름은 한글 그대로 돌아옵니다.
store = client.vector_stores.create(name="회사 문서")
with (DOCUMENTS / "shop_handbook.pdf").open("rb") as english, (DOCUMENTS / "holidays_ko.pdf").open("rb") as korean:
    batch = client.vector_stores.file_batches.upload_and_poll(
        vector_store_id=store.id,
        files=[("shop_handbook.pdf", english), ("휴가 안내.pdf", korean)],
    )
print(f"파일: {batch.file_counts.completed}/{batch.file_counts.total}개 준비됨 ({batch.status})")

# 2. 파일을 검색할 수 있는 어시스턴트
assistant = client.beta.assistants.create(
    instructions="Answer from the attached files. 첨부된 파일을 보고 대답하세요.",
    tools=[{"type": "file_search"}],
    tool_resources={"file_search": {"vector_store_ids": [store.id]}},
    model="gpt-4o",
)


def show_steps(run):
    steps = client.beta.threads.runs.steps.list(
        thread_id=run.thread_id, run_id=run.id, order="asc", include=[WITH_CONTENT]
    )
    for step in steps:
        print(f"  [{step.type}: {step.status}]")
        for call in step.step_details.tool_calls if step.step_details.type == "tool_calls" else []:
            if call.type != "file_search":
                continue
            for result in call.file_search.results or []:
                passage = " ".join(part.text or "" for part in result.content or [])
                print(f"    {result.score:.2f} {result.file_name}: {' '.join(passage.split())[:60]}…")


for question in QUESTIONS:
    thread = client.beta.threads.create(messages=[{"role": "user", "content": question}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    print(f"\n질문: {question}")
    show_steps(run)
    if run.status != "completed":
        print(f"실행이 {run.status} 상태로 끝났습니다: {run.last_error.message if run.last_error else ''}")
        continue
    text = client.beta.threads.messages.list(thread_id=thread.id).data[0].content[0].text
    print(f"답: {text.value}")
    for annotation in text.annotations:
        if annotation.type == "file_citation":
            print(f"  {annotation.text} → {client.files.retrieve(annotation.file_citation.file_id).filename}")
