"""Whether every citation points at the passage it marks (reach 100 %, over 200 answers that cite).

The bundled model answers questions on made-up notes in three languages, half of them greedily, half at temperature 1.
What it answers is its own affair; each marker in the text is followed here, without the engine's help, to the search it
numbers, the passage in it, and the place in the file that was uploaded.
"""

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from _retrieval import report
from localassist import LocalAssist

ANSWERS: Final = 200
MOST_QUESTIONS: Final = 1500
AT_ONCE: Final = 4
MARKER: Final = re.compile(r"【(\d+):(\d+)†([^】]*)】")
CONTENT: Final = "step_details.tool_calls[*].file_search.results[*].content"
CHUNKS: Final = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 20}}

_SYLLABLES: Final = ("ba", "do", "fi", "ka", "lo", "me", "nu", "ri", "so", "ta", "ve", "zu")
_FACTS: Final = {
    "en": ("The parking code of the {0} house is {1}.", "What is the parking code of the {0} house?"),
    "ko": ("{0} 창고의 출입 번호는 {1}입니다.", "{0} 창고의 출입 번호는 무엇인가요?"),
    "zh": ("{0}仓库的门禁号码是{1}。", "{0}仓库的门禁号码是多少?"),
}


def notes(chance: random.Random) -> Iterator[tuple[str, str, list[str]]]:
    """Name, text and questions of one file after another, in turns of language."""
    for number in range(30):
        language = list(_FACTS)[number % 3]
        fact, question = _FACTS[language]
        names = ["".join(chance.choices(_SYLLABLES, k=3)).capitalize() for _ in range(12)]
        facts = [fact.format(name, chance.randint(1000, 9999)) for name in names]
        yield f"{language}-notes-{number}.txt", "\n\n".join(facts), [question.format(name) for name in names]


def faults_of(text: str, annotations: list[Any], searches: list[list[Any]], documents: Mapping[str, str]) -> list[str]:
    """What is wrong with the citations of one text; `documents` maps file ids to what was uploaded."""
    faults = []
    markers = list(MARKER.finditer(text))
    if len(markers) != len(annotations):
        faults.append(f"{len(markers)} markers and {len(annotations)} annotations")
    for marker, annotation in zip(markers, annotations, strict=False):
        turn, index, name = int(marker[1]), int(marker[2]), marker[3]
        if (annotation.start_index, annotation.end_index, annotation.text) != (*marker.span(), marker[0]):
            faults.append("an annotation not where its marker is")
        if turn >= len(searches) or index >= len(searches[turn]):
            faults.append("a marker of no passage")
            continue
        passage = searches[turn][index]
        place = annotation.localassist
        if (passage.file_id, passage.file_name) != (annotation.file_citation.file_id, name):
            faults.append("another file than the passage's")
        if documents[passage.file_id][place["start"] : place["end"]] != passage.content[0].text:
            faults.append("a place in the file that is not the passage's")
        if annotation.file_citation.quote not in passage.content[0].text:
            faults.append("a quote that is not of the passage")
    return faults


class Asker:
    """Asks the model one question after another, each in a thread of its own."""

    def __init__(self, client: LocalAssist, model: str) -> None:
        self._client, self.documents = client, dict[str, str]()
        self.questions: list[str] = []
        for name, text, questions in notes(random.Random(1)):
            file = client.files.create(file=(name, text.encode()), purpose="assistants")
            self.documents[file.id] = text
            self.questions += questions
        store = client.vector_stores.create()
        client.vector_stores.file_batches.create_and_poll(
            store.id,
            file_ids=list(self.documents),
            chunking_strategy=CHUNKS,  # type: ignore[arg-type]
        )
        resources: Any = {"file_search": {"vector_store_ids": [store.id]}}
        self.assistant = client.beta.assistants.create(
            model=model, tools=[{"type": "file_search"}], tool_resources=resources
        )

    def ask(self, number: int) -> tuple[str, int, list[str]]:
        """How the run ended, how many citations its answers hold, and what is wrong with them."""
        threads, question = self._client.beta.threads, self.questions[number % len(self.questions)]
        thread = threads.create(messages=[{"role": "user", "content": question}])
        run = threads.runs.create_and_poll(
            thread_id=thread.id,
            assistant_id=self.assistant.id,
            temperature=float(number % 2),
            max_completion_tokens=400,
        )
        steps = threads.runs.steps.list(run.id, thread_id=thread.id, order="asc", include=[CONTENT])  # type: ignore[list-item]
        calls = [
            call for step in steps if step.step_details.type == "tool_calls" for call in step.step_details.tool_calls
        ]
        searches: list[list[Any]] = [call.file_search.results or [] for call in calls if call.type == "file_search"]
        num_cited, faults = 0, []
        for message in threads.messages.list(thread.id, run_id=run.id):
            for part in message.content:
                assert part.type == "text"
                annotations = part.text.annotations
                num_cited += len(annotations)
                faults += faults_of(part.text.value, annotations, searches, self.documents)
        threads.delete(thread.id)
        return run.status, num_cited, faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=ANSWERS)
    parser.add_argument("--first", type=int, default=0, help="the question to begin with, to go on where one run ended")
    parser.add_argument("--model", help="a GGUF file; the bundled one without it")
    arguments = parser.parse_args()
    options = {} if arguments.model is None else {"model": arguments.model}
    with LocalAssist(data_dir=":memory:", **options) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        asker = Asker(client, client.models.list().data[0].id)
        statuses: Counter[str] = Counter()
        faults: Counter[str] = Counter()
        num_answers = num_citations = 0
        num_asked = arguments.first
        while num_answers < arguments.answers and num_asked < MOST_QUESTIONS:
            for status, num_cited, wrong in pool.map(asker.ask, range(num_asked, num_asked + 5 * AT_ONCE)):
                statuses[status] += 1
                faults.update(wrong)
                num_answers += num_cited > 0
                num_citations += num_cited
            num_asked += 5 * AT_ONCE
            print(f"{num_asked} asked, {num_answers} answers cite, {num_citations} citations, {faults.total()} faults")
    print(dict(statuses), dict(faults))
    share = (num_citations - faults.total()) / max(1, num_citations)
    figures = {"questions": num_asked, "answers that cite": num_answers, "citations": num_citations}
    report(
        "retrieval_citations",
        {**figures, "right citations (share)": share},
        {"right citations (share)": 1.0},
        at_most=False,
    )


if __name__ == "__main__":
    main()
