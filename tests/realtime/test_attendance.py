"""Who watches here, and what Redis has to be told of it."""

from raidline.ids import UserId
from realtime.attendance import Attendance, Delta

A, B = UserId(1), UserId(2)


def told(attendance: Attendance, *, known: bool = True) -> Delta:
    delta = attendance.take()
    attendance.told(delta, known=known)
    return delta


def test_who_comes_and_goes_is_told_once() -> None:
    attendance = Attendance()
    attendance.arrived("one", A)
    attendance.arrived("two", A)
    assert told(attendance, known=False) == Delta((A,), (), True)
    attendance.left("one")
    assert told(attendance) == Delta((), (), True)
    attendance.left("two")
    assert told(attendance) == Delta((), (A,), False)
    assert attendance.is_empty


def test_a_reload_between_two_tellings_is_nothing_to_tell() -> None:
    attendance = Attendance()
    attendance.arrived("one", A)
    told(attendance)
    attendance.left("one")
    attendance.arrived("two", A)
    assert told(attendance) == Delta((), (), True)


def test_who_passed_by_between_two_tellings_both_came_and_went() -> None:
    attendance = Attendance()
    attendance.arrived("one", A)
    attendance.left("one")
    assert told(attendance) == Delta((A,), (A,), False)
    assert attendance.is_empty


def test_what_redis_may_not_have_heard_is_told_again() -> None:
    attendance = Attendance()
    attendance.arrived("one", A)
    attendance.take()
    attendance.arrived("two", B)
    attendance.untold()
    assert told(attendance) == Delta((A, B), (), True)


def test_who_comes_while_redis_is_told_is_told_the_next_time() -> None:
    attendance = Attendance()
    attendance.arrived("one", A)
    delta = attendance.take()
    attendance.left("one")
    attendance.told(delta, known=False)
    assert told(attendance) == Delta((), (A,), False)


def test_a_redis_that_forgot_us_is_told_everything_again() -> None:
    attendance = Attendance()
    attendance.arrived("one", A)
    told(attendance, known=False)
    assert not attendance.is_restless, "at first there is nothing to forget"
    attendance.arrived("two", B)
    told(attendance, known=False)
    assert told(attendance) == Delta((A, B), (), True)


def test_nobody_in_particular_is_not_counted() -> None:
    attendance = Attendance()
    attendance.arrived("one", None)
    attendance.left("one")
    assert attendance.is_empty
