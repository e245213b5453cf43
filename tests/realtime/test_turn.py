"""What is due at the end of a turn: all of it, in order, whatever becomes of one."""

import asyncio

from realtime.turn import turn_of_the_loop


async def test_what_is_due_is_done_in_order_after_what_is_under_way() -> None:
    done: list[str] = []
    turn = turn_of_the_loop()
    turn.do(lambda: done.append("first"))
    turn_of_the_loop().do(lambda: done.append("second"))
    assert done == []
    await asyncio.sleep(0)
    assert done == ["first", "second"]


async def test_what_is_asked_for_meanwhile_waits_for_the_next_turn() -> None:
    done: list[str] = []
    turn = turn_of_the_loop()

    def first() -> None:
        done.append("first")
        turn.do(lambda: done.append("second"))

    turn.do(first)
    await asyncio.sleep(0)
    assert done == ["first"]
    await asyncio.sleep(0)
    assert done == ["first", "second"]


async def test_what_fails_does_not_keep_the_rest_from_being_done() -> None:
    done: list[str] = []
    turn = turn_of_the_loop()
    turn.do(lambda: done.remove("nothing"))
    turn.do(lambda: done.append("rest"))
    await asyncio.sleep(0)
    assert done == ["rest"]
