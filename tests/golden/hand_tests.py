"""Tags without a golden file, each with the test by hand that covers its rows: ``tests/...py::test_name``.

Rows belong here which no tiny site can show, or whose numbers say nothing to a reader. A golden file is the rule.
"""

from __future__ import annotations

HAND_TESTS: dict[str, str] = {
    "in_stops_discharge_<groups>": "tests/math/test_available_storage.py::test_room_is_kept_by_each_group",
    "out_stops_discharge_<groups>": "tests/math/test_available_storage.py::test_room_is_kept_by_each_group",
}
