import threading

from localassist.bus import KEPT_ENDED_LOGS, MemoryBus
from localassist.objects.events import Event


def event(number):
    return Event("thread.message.delta", {"number": number})


def numbers(events):
    return [item.data["number"] for item in events]


def test_a_late_reader_gets_everything_in_order():
    bus = MemoryBus()
    for number in range(5):
        bus.publish("run_1", event(number))
    bus.end("run_1")
    assert numbers(bus.follow("run_1")) == [0, 1, 2, 3, 4]
    assert numbers(bus.follow("run_1", after=3)) == [3, 4]


def test_replay_and_follow_together_miss_nothing_and_repeat_nothing():
    bus, seen = MemoryBus(), []
    for number in range(100):
        bus.publish("run_1", event(number))
    reader = threading.Thread(target=lambda: seen.extend(numbers(bus.follow("run_1"))))
    reader.start()
    for number in range(100, 2000):
        bus.publish("run_1", event(number))
    bus.end("run_1")
    reader.join()
    assert seen == list(range(2000))


def test_publishing_does_not_wait_for_a_reader_that_never_takes():
    bus, wakes = MemoryBus(), []
    reader = bus.subscribe("run_1", after=0, wake=lambda: wakes.append(1))
    for number in range(1000):
        bus.publish("run_1", event(number))
    assert len(wakes) == 1001
    assert len(reader.take()[0]) == 1000
    reader.close()
    bus.publish("run_1", event(1000))
    assert len(wakes) == 1001


def test_closing_the_bus_ends_every_reader_and_later_ones_too():
    bus = MemoryBus()
    bus.publish("run_1", event(1))
    reader = threading.Thread(target=lambda: list(bus.follow("run_1")))
    reader.start()
    bus.close()
    reader.join()
    assert list(bus.follow("run_2")) == []


def test_only_the_newest_ended_logs_are_kept():
    bus = MemoryBus()
    for number in range(KEPT_ENDED_LOGS + 1):
        bus.publish(f"run_{number}", event(number))
        bus.end(f"run_{number}")
    assert bus.position("run_0") == 0
    assert bus.position("run_1") == 1


def test_a_reader_of_a_log_long_gone_does_not_wait():
    bus = MemoryBus()
    for number in range(KEPT_ENDED_LOGS + 1):
        bus.end(f"run_{number}")
    assert list(bus.follow("run_0")) == []
