"""The first version of the API (`OpenAI-Beta: assistants=v1`): a view of the objects of the second."""
