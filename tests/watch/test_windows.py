from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nomoat.watch.events import Event
from nomoat.watch.model import Window
from nomoat.watch.windows import Group


def _event(at_s: float, value: str = "a", count: int = 1) -> Event:
    return Event(at_s=at_s, happened_at=f"{at_s}", kind="decision", params={"id": value}, count=count)


def _most(events: list[Event], added: Event, window: Window) -> int:
    """The naive oracle: every window that ends at an event and holds the added one, counted from scratch."""
    best = 0
    for end in events:
        if added.at_s <= end.at_s < added.at_s + window.span_s:
            inside = [one for one in events if end.at_s - window.span_s < one.at_s <= end.at_s]
            reached = (
                len({one.object_id for one in inside}) if window.type == "value_count" else sum(o.count for o in inside)
            )
            best = max(best, reached)
    return best


_events = st.lists(
    st.builds(_event, st.integers(0, 40).map(float), st.sampled_from("abcd"), st.integers(1, 3)),
    min_size=1,
    max_size=25,
)


@given(_events, st.integers(1, 8), st.sampled_from(["event_count", "value_count"]))
def test_a_threshold_is_reached_exactly_when_counting_from_scratch_says_so(
    events: list[Event], threshold: int, kind: str
) -> None:
    window = Window("value_count" if kind == "value_count" else "event_count", (), 10.0, threshold, "params")
    group = Group(window, late_s=60.0)
    so_far: list[Event] = []
    for event in events:
        so_far.append(event)

        reached = group.add(event, event.object_id)

        assert (_most(so_far, event, window) >= threshold) == (reached >= threshold)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.integers(1, 6))
def test_an_event_that_counts_several_is_as_good_as_several(steps: list[int], count: int) -> None:
    window = Window("event_count", (), 10.0, 1)
    weighed, repeated = Group(window, 60.0), Group(window, 60.0)
    at_s, last = 0.0, (0, 0)
    for step in steps:
        at_s += step
        reached = weighed.add(_event(at_s, count=count), "")
        for _ in range(count):
            again = repeated.add(_event(at_s), "")
        last = (reached, again)

    assert last[0] == last[1]


def test_a_flood_fills_no_memory_and_is_still_counted() -> None:
    group = Group(Window("event_count", ("service",), 60.0, 3000), 60.0)
    many = Group(Window("value_count", ("subject",), 60.0, 60, "params"), 60.0)

    for number in range(60_000):
        reached = group.add(_event(number / 1000), "")
        distinct = many.add(_event(number / 1000), str(number % 50_000))

    assert 60_000 * 0.99 <= reached <= 60_000 * 1.01
    assert distinct >= 60
    assert len(group.events()) <= 12_000
    assert len(many.events()) <= 2_000


def test_a_flood_of_one_object_hides_no_walk_through_others() -> None:
    many = Group(Window("value_count", ("subject",), 60.0, 60, "params"), 60.0)

    # 1,000 requests for the same object between two that walk on.
    for number in range(59_000):
        reached = many.add(_event(number / 1000), str(number // 1000) if number % 1000 == 0 else "same")

    assert reached == 60
