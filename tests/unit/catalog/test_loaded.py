"""Loading on demand, one at a time, and unloading what is idle."""

import threading

import pytest

from localassist.catalog.loaded import LoadedModels
from localassist.errors import GenerationFailed, ModelLoadFailed, NotEnoughMemory
from localassist.protocols import Cancellation, LoadedModel
from localassist.testing import ScriptedModel


class Shelf:
    """Loads scripted models and keeps count; `room` is how many fit into memory."""

    def __init__(self, room=99):
        self.room = room
        self.loads = []
        self.open = set()

    def load(self, name, on_progress):
        self.loads.append(name)
        if name == "broken":
            raise ModelLoadFailed("broken is damaged.")
        if len(self.open) >= self.room:
            raise NotEnoughMemory(f"{name} does not fit.")
        model = ScriptedModel()
        self.open.add(name)
        model.close = lambda: self.open.discard(name)
        return LoadedModel(model, model)


@pytest.fixture
def shelf():
    return Shelf()


def models_of(shelf, idle_timeout_s=None):
    return LoadedModels(shelf.load, idle_timeout_s=idle_timeout_s)


def test_a_model_is_loaded_once_and_stays(shelf):
    models = models_of(shelf)
    assert models.state("a").status == "available"
    for _ in range(3):
        with models.use("a"):
            assert models.state("a").status == "loaded"
    assert shelf.loads == ["a"]
    models.close()
    assert shelf.open == set()


def test_two_who_want_the_same_model_at_once_load_it_once(shelf):
    models = models_of(shelf)
    both = threading.Barrier(2)

    def use():
        both.wait()
        with models.use("a"):
            pass

    threads = [threading.Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shelf.loads == ["a"]


def test_when_memory_is_short_idle_models_make_room():
    shelf = Shelf(room=1)
    models = models_of(shelf)
    with models.use("a"):
        pass
    with models.use("b"):
        assert shelf.open == {"b"}


def test_a_model_in_use_is_never_unloaded():
    shelf = Shelf(room=1)
    models = models_of(shelf)
    with models.use("a"), pytest.raises(NotEnoughMemory), models.use("b"):
        pass
    assert shelf.open == {"a"}
    assert models.unload_idle(older_than_s=0) == 1


def test_a_model_that_cannot_be_loaded_can_be_tried_again(shelf):
    models = models_of(shelf)
    for _ in range(2):
        with pytest.raises(ModelLoadFailed), models.use("broken"):
            pass
    assert shelf.loads == ["broken", "broken"]
    assert models.state("broken").status == "available"


def test_an_idle_model_is_unloaded_after_its_time(shelf):
    models = models_of(shelf, idle_timeout_s=0.01)
    gone = threading.Event()
    with models.use("a") as model:
        model.backend.close = gone.set
    assert gone.wait(timeout=30)
    models.close()


def test_who_is_cancelled_while_a_model_loads_does_not_wait_for_it(shelf):
    may_load, begun = threading.Event(), threading.Event()

    def load(name, on_progress):
        begun.set()
        assert may_load.wait(10)
        return shelf.load(name, on_progress)

    models, cancellation = LoadedModels(load, idle_timeout_s=None), Cancellation()
    threading.Thread(target=lambda: begun.wait(10) and cancellation.set("cancelled")).start()
    refused = pytest.raises(GenerationFailed, match="The wait for the model a to load was cancelled")
    with refused, models.use("a", cancellation=cancellation):
        raise AssertionError("it is not loaded yet")
    may_load.set()
    with models.use("a", cancellation=Cancellation()):
        assert shelf.loads == ["a"]
    with pytest.raises(ModelLoadFailed, match="broken is damaged"), models.use("broken", cancellation=Cancellation()):
        raise AssertionError("it cannot be loaded")
    models.close()
    assert shelf.open == set()


class Lost(ScriptedModel):
    """A model whose process died: it is ready again once `may_wake` is set and it was woken."""

    def __init__(self):
        super().__init__()
        self.may_wake, self.begun = threading.Event(), threading.Event()
        self.num_wakes = 0

    @property
    def is_ready(self):
        return self.num_wakes > 0

    def wake(self, on_progress=None):
        on_progress(0.25)
        self.begun.set()
        assert self.may_wake.wait(10)
        self.num_wakes += 1


def test_who_is_cancelled_while_a_lost_model_is_loaded_again_does_not_wait_for_it():
    lost, cancellation = Lost(), Cancellation()
    models = LoadedModels(lambda name, on_progress: LoadedModel(lost, lost), idle_timeout_s=None)
    with models.use("a"):
        assert models.state("a").status == "available"
    seen = []

    def look_and_cancel():
        assert lost.begun.wait(10)
        seen.append(models.state("a"))
        cancellation.set("cancelled")

    threading.Thread(target=look_and_cancel).start()
    refused = pytest.raises(GenerationFailed, match="The wait for the model a to load was cancelled")
    with refused, models.use("a", cancellation=cancellation):
        raise AssertionError("it is not there yet")
    assert (seen[0].status, seen[0].progress) == ("loading", 0.25)
    lost.may_wake.set()
    with models.use("a", cancellation=Cancellation()) as model:
        assert model.backend is lost
    assert lost.num_wakes == 1
    assert models.state("a").status == "loaded"
