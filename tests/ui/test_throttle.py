"""Guessing passwords gets slow, and fills no memory."""

from __future__ import annotations

from ui.throttle import FORGOTTEN_AFTER, FREE_TRIES, LONGEST_WAIT, MOST_REMEMBERED, Throttle, address_key, name_key


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def failed(throttle: Throttle, times: int, key: str = "name:ann") -> None:
    for _ in range(times):
        throttle.failed(key)


def test_a_few_wrong_tries_cost_nothing_then_waits_double() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    failed(throttle, FREE_TRIES - 1)
    assert throttle.wait("name:ann") == 0
    waits = []
    for _ in range(12):
        throttle.failed("name:ann")
        waits.append(throttle.wait("name:ann"))
        clock.now += waits[-1]
        assert throttle.wait("name:ann") == 0
    assert waits[:6] == [1, 2, 4, 8, 16, 32]
    assert set(waits[6:]) == {LONGEST_WAIT}


def test_others_do_not_wait() -> None:
    throttle = Throttle(Clock())
    failed(throttle, 20)
    assert throttle.wait("name:bob", "address:192.0.2.1") == 0
    assert throttle.wait("name:bob", "name:ann") > 0


def test_a_right_password_or_an_hour_forgets_the_wrong_ones() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    failed(throttle, 20)
    throttle.succeeded("name:ann")
    assert throttle.wait("name:ann") == 0
    failed(throttle, 20)
    clock.now += FORGOTTEN_AFTER
    assert throttle.wait("name:ann") == 0
    failed(throttle, FREE_TRIES - 1)
    assert throttle.wait("name:ann") == 0


def test_made_up_names_do_not_fill_the_memory() -> None:
    throttle = Throttle(Clock())
    for number in range(MOST_REMEMBERED + 500):
        throttle.failed(f"name:{number}")
    assert len(throttle._records) == MOST_REMEMBERED
    assert len(name_key("x" * 10_000)) < 300


def test_the_many_addresses_of_a_network_are_one() -> None:
    assert address_key("2001:db8:0:1::5") == address_key("2001:db8:0:1:ffff::1") != address_key("2001:db8:0:2::5")
    assert address_key("192.0.2.1") != address_key("192.0.2.2")
    assert address_key("testclient") == "address:testclient"
