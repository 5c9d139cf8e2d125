"""The pauses between the attempts at a job."""

from hypothesis import given
from hypothesis import strategies as st

from handrail.ports.jobs import DEFAULT_RETRY, Retry

POLICIES = st.builds(
    Retry,
    attempts=st.integers(1, 50),
    first=st.floats(0.01, 60),
    factor=st.floats(1, 10),
    longest=st.floats(60, 86_400),
    jitter=st.floats(0, 0.5),
)


@given(POLICIES, st.integers(1, 10_000))
def test_pauses_are_within_bounds(policy: Retry, failures: int) -> None:
    pause = policy.pause(failures)
    assert 0 < pause <= policy.longest
    assert pause >= min(policy.first, policy.longest) * (1 - policy.jitter) * 0.999


def test_pauses_grow_until_they_are_long_enough() -> None:
    steady = Retry(first=5, factor=3, longest=60, jitter=0)
    assert [steady.pause(failures) for failures in (1, 2, 3, 4, 5)] == [5, 15, 45, 60, 60]


def test_pauses_differ() -> None:
    assert len({DEFAULT_RETRY.pause(3) for _ in range(20)}) > 1
