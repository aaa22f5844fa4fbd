"""Schemathesis reads our own description of the API and holds the API to it.

For every endpoint and verb it makes requests that fit the description and requests that do not.
"""

import os

import hypothesis
import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connection
from hypothesis import HealthCheck, Phase, given
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from tests.fuzz.house import build

IS_LONG = os.environ.get("LOCKSITE_TEST_LONG") == "1"
EXAMPLES = int(os.environ.get("LOCKSITE_TEST_EXAMPLES", "100" if IS_LONG else "2"))

# A description gives the shape of a request. What it asks for may break a rule all the same, such
# as that the end comes after the start: 400.
NEVER = ("positive_data_acceptance",)
# Unknown names in a query are ignored, as the protocol wants it.
NOT_IN_QUERIES = ("negative_data_rejection",)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("in_one_transaction")
def test_the_api_is_as_it_is_described(settings):
    if connection.vendor == "postgresql" and not IS_LONG:
        pytest.skip("the database makes no difference to shapes; the odd values have been there")
    settings.LOCKSITE_DEVICE_LIMITS = False
    load_all_checks()
    # No check may be missing without a word: a new one is on.
    assert {*NEVER, *NOT_IN_QUERIES} < {*CHECKS.get_all_names()}
    never, not_in_queries = (CHECKS.get_by_names(list(names)) for names in (NEVER, NOT_IN_QUERIES))
    headers = {"Authorization": f"Bearer {build().keys['write']}"}
    schema = schemathesis.openapi.from_wsgi("/api/schema", get_wsgi_application())
    seen = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        seen.add(operation.label)
        in_query = operation.method.upper() in {"GET", "DELETE"}
        excluded = never + (not_in_queries if in_query else [])
        for mode in GenerationMode:
            hold_to_it(operation.as_strategy(generation_mode=mode), headers, excluded)

    assert len(seen) > 80


def hold_to_it(cases, headers, excluded):
    """Send examples of these requests and run all checks but some over the answers."""

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def one(case):
        case.call_and_validate(headers=headers, excluded_checks=excluded)

    one()
