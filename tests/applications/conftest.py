from tests.tutorials.conftest import pytest_itemcollected, scripted

__all__ = ["pytest_itemcollected", "scripted"]
