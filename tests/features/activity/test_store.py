"""Rows of the feed and of events are put as tuples, so their order has to be that of the statements."""

import pytest

from handrail.features.activity import store
from handrail.ports.database import Dialect


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_values_are_in_the_order_of_the_statements(dialect: Dialect) -> None:
    for statement, columns in ((store.insert_activity, store.ACTIVITY), (store.insert_event, store.EVENT)):
        compiled = statement.compiled(dialect)
        assert compiled.names == columns
        assert not compiled.flags
        assert not compiled.arrays
        assert not compiled.defaults
