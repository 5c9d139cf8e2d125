"""Time zones by name."""

import pytest

from handrail.kernel.zones import is_zone, utc_offset

JANUARY, JULY = 1_800_000_000_000, 1_816_000_000_000


@pytest.mark.parametrize("name", ["UTC", "Europe/Lisbon", "America/Argentina/Buenos_Aires", "Etc/GMT+3"])
def test_names_of_zones(name: str) -> None:
    assert is_zone(name)


@pytest.mark.parametrize("name", ["", "Mars", "Europe", "../UTC", "/etc/localtime", "zone.tab", "\x00", "a" * 5000])
def test_other_words(name: str) -> None:
    assert not is_zone(name)


@pytest.mark.parametrize(
    ("name", "winter", "summer"),
    [
        ("UTC", "+00:00", "+00:00"),
        ("Europe/Lisbon", "+00:00", "+01:00"),
        ("America/St_Johns", "-03:30", "-02:30"),
        ("Asia/Kathmandu", "+05:45", "+05:45"),
    ],
)
def test_offset_follows_the_season(name: str, winter: str, summer: str) -> None:
    assert (utc_offset(name, JANUARY), utc_offset(name, JULY)) == (winter, summer)
