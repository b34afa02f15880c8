"""The files of a message as the first version has them."""

from localassist.errors import NotFound
from localassist.objects.v1 import MessageFile, message_file_ids
from localassist.protocols import Page, Slice
from localassist.service.messages import MessageService
from localassist.service.v1.paging import page_of


class MessageFileService:
    """Files of messages: retrieve and list. They come and go with their message."""

    def __init__(self, messages: MessageService) -> None:
        self._messages = messages

    def get(self, thread_id: str, message_id: str, file_id: str) -> MessageFile:
        for found in self._files(thread_id, message_id):
            if found.id == file_id:
                return found
        raise NotFound(f"No file found with id '{file_id}' in message '{message_id}'.")

    def page(self, thread_id: str, message_id: str, page: Page) -> Slice[MessageFile]:
        return page_of(self._files(thread_id, message_id), page)

    def _files(self, thread_id: str, message_id: str) -> list[MessageFile]:
        message = self._messages.get(thread_id, message_id)
        return [
            MessageFile(id=file_id, created_at=message.created_at, message_id=message.id)
            for file_id in message_file_ids(message)
        ]
