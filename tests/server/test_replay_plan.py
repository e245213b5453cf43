"""What a log becomes: raids by quarter, with sums that complete on the last row."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.replay import plan as plans
from server.replay.plan import make_plan, quarter_of
from server.replay.rows import Refusal, Row, Rows


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def rows_of(*rows: tuple[int, str, int]) -> Rows:
    made = Rows()
    for line, (user, at, files) in enumerate(rows, start=2):
        made.add(Row(line, user, ms(at), 0, files))
    return made


@pytest.mark.parametrize(
    ("at", "name"),
    [
        ("2011-01-01T00:00:00+00:00", "2011 Q1"),
        ("2011-03-31T23:59:59+00:00", "2011 Q1"),
        ("2011-04-01T00:00:00+00:00", "2011 Q2"),
        ("2011-01-01T00:30:00+01:00", "2010 Q4"),
        ("2011-06-30T22:00:00-07:00", "2011 Q3"),
        ("2011-12-31T23:59:59+00:00", "2011 Q4"),
    ],
)
def test_a_row_belongs_to_the_quarter_of_its_instant_in_utc(at: str, name: str) -> None:
    assert str(quarter_of(ms(at))) == name


def test_a_raids_targets_are_its_rows_and_their_files_and_its_members_all_who_were_active() -> None:
    plan = make_plan(
        rows_of(
            (5, "2011-05-01T00:00:00+00:00", 3),
            (1, "2011-01-01T00:00:00+00:00", 10),
            (7, "2011-04-01T00:00:00+00:00", 0),
            (5, "2011-06-01T00:00:00+00:00", 4),
        )
    )
    first, second = plan.quarters
    assert (first.title, first.tasks, first.xp, list(first.people)) == ("Replay 2011 Q1", 1, 10, [1])
    assert (second.title, second.tasks, second.xp, list(second.people)) == ("Replay 2011 Q2", 3, 7, [5, 7])
    assert second.leader == 5
    assert list(plan.quarter_of) == [1, 0, 1, 1]
    assert plan.people == [1, 5, 7]


def test_the_same_rows_have_the_same_description_and_other_rows_another() -> None:
    rows = [(1, "2011-01-01T00:00:00+00:00", 1), (2, "2011-01-02T00:00:00+00:00", 2)]
    [once] = make_plan(rows_of(*rows)).quarters
    [again] = make_plan(rows_of(*rows)).quarters
    [moved] = make_plan(rows_of(*reversed(rows))).quarters
    assert once.description == again.description
    assert once.description != moved.description


def test_what_a_raid_cannot_hold_is_refused_and_left_out_of_its_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MAX_MEMBERS", 1)
    monkeypatch.setattr(plans, "MAX_CONTRIBUTIONS", 2)
    at = "2011-01-01T00:00:00+00:00"
    plan = make_plan(rows_of((1, at, 1), (2, at, 10), (1, at, 100), (1, at, 1000)))
    [quarter] = plan.quarters
    assert (quarter.tasks, quarter.xp, list(quarter.people)) == (2, 101, [1])
    assert list(plan.quarter_of) == [0, -1, 0, -1]
    assert [refusal.line for refusal in plan.refused] == [3, 5]


def test_malformed_lines_stand_among_the_refused_in_the_order_of_the_file() -> None:
    rows = rows_of((1, "2011-01-01T00:00:00+00:00", 1))
    rows.refused += [Refusal(9, "b"), Refusal(4, "a")]
    assert [refusal.line for refusal in make_plan(rows).refused] == [4, 9]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.datetimes(datetime(1970, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)),
            st.integers(0, 1_000_000),
        )
    )
)
def test_every_row_is_in_exactly_one_raid_and_the_sums_are_those_of_the_rows(
    content: list[tuple[int, datetime, int]],
) -> None:
    rows = rows_of(*((user, at.isoformat(), files) for user, at, files in content))
    plan = make_plan(rows)
    assert sorted(index for quarter in plan.quarters for index in quarter.rows) == list(range(len(rows)))
    for quarter in plan.quarters:
        assert quarter.xp == sum(rows[index].files for index in quarter.rows)
        assert {rows[index].user for index in quarter.rows} == set(quarter.people)
        assert {str(quarter_of(rows[index].at_ms)) for index in quarter.rows} == {str(quarter.name)}
