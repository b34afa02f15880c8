"""The message a run is writing: pictures its code made, then text with its annotations."""

from collections.abc import Sequence
from typing import Any

from localassist.objects.base import new_id
from localassist.objects.events import Event, message_delta
from localassist.objects.runs import CodeInterpreterCall, CreatedMessage, MessageCreation, RunStep, ToolCalls, Usage
from localassist.objects.threads import ContentPart, ImageFile, ImageFilePart, Message, RefusalPart, Text, TextPart
from localassist.runs.citations import AnnotatedText, Annotation, Annotator, annotation_delta
from localassist.runs.records import RunRecords, step_done


class OpenMessage:
    """Opens a message with its step; text then goes in fragment by fragment."""

    def __init__(self, records: RunRecords, annotator: Annotator) -> None:
        self._records = records
        self._annotator = annotator
        self._images = _pictures_to_show(records)
        self._text: list[str] = []
        self._annotations: list[Annotation] = []
        self._refusal: list[str] = []
        at = records.clock()
        run = records.run
        self._message = Message(
            id=new_id("msg_"),
            created_at=at,
            assistant_id=run.assistant_id,
            thread_id=run.thread_id,
            run_id=run.id,
            status="in_progress",
            role="assistant",
        )
        created = MessageCreation(message_creation=CreatedMessage(message_id=self._message.id))
        self._step = records.new_step("message_creation", created, at)
        with records.store.transaction():
            records.store.insert(self._step)
            records.store.insert(self._message)
        records.publish(
            Event("thread.run.step.created", self._step),
            Event("thread.run.step.in_progress", self._step),
            Event("thread.message.created", self._message),
            Event("thread.message.in_progress", self._message),
        )
        for index, file_id in enumerate(self._images):
            self._publish({"index": index, "type": "image_file", "image_file": {"file_id": file_id}})

    def write(self, fragment: str) -> None:
        """Append text; a marker or link is published whole, with its annotation."""
        self._append(self._annotator.feed(fragment))

    def refuse(self, fragment: str) -> None:
        """Append to the refusal, which is a part of its own and has no annotations."""
        self._refusal.append(fragment)
        index = len(self._images) + bool(self._text)
        self._publish({"index": index, "type": "refusal", "refusal": fragment})

    def finish(self, usage: Usage) -> None:
        """Complete the message and its step."""
        self._append(self._annotator.finish())
        records, at = self._records, self._records.clock()
        with records.store.transaction():
            message = records.replace(self._message, status="completed", completed_at=at, content=self.content())
            step = records.replace(self._step, **step_done(at, usage))
        records.publish(Event("thread.message.completed", message), Event("thread.run.step.completed", step))

    def content(self) -> list[ContentPart]:
        """What was published so far."""
        images = [ImageFilePart(image_file=ImageFile(file_id=file_id)) for file_id in self._images]
        text, refusal = "".join(self._text), "".join(self._refusal)
        texts = [TextPart(text=Text(value=text, annotations=self._annotations))] if text else []
        return [*images, *texts, *([RefusalPart(refusal=refusal)] if refusal else [])]

    def _append(self, fragments: Sequence[AnnotatedText]) -> None:
        for fragment in fragments:
            text: dict[str, Any] = {"value": fragment.text}
            if not self._text:
                text["annotations"] = []
            if fragment.annotation is not None:
                text["annotations"] = [annotation_delta(len(self._annotations), fragment.annotation)]
                self._annotations.append(fragment.annotation)
            self._text.append(fragment.text)
            self._publish({"index": len(self._images), "type": "text", "text": text})

    def _publish(self, part: dict[str, Any]) -> None:
        self._records.publish(message_delta(self._message.id, part))


def _pictures_to_show(records: RunRecords) -> list[str]:
    """The ids of pictures that the run's code displayed since its last message, in order."""
    shown: list[str] = []
    for step in records.store.all(RunStep, run_id=records.run.id):
        if not isinstance(step.step_details, ToolCalls):
            shown = []
            continue
        for call in step.step_details.tool_calls:
            if isinstance(call, CodeInterpreterCall):
                outputs = call.code_interpreter.outputs
                shown += [output["image"]["file_id"] for output in outputs if output["type"] == "image"]
    return list(dict.fromkeys(shown))
