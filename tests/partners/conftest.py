import contextlib

import pytest

from accesscodes.api.serializers import event_text
from tests.partners.receiving import Post, Receiver


@pytest.fixture
def post(db, clock):
    return Post(clock, event_text)


@pytest.fixture
def receiver(settings):
    """Return a function that opens an endpoint whose address is allowed."""
    with contextlib.ExitStack() as stack:

        def opened(answer, **options):
            server = stack.enter_context(Receiver(answer, **options))
            settings.LOCKSITE_WEBHOOK_ALLOWED_HOSTS = [
                *settings.LOCKSITE_WEBHOOK_ALLOWED_HOSTS,
                server.url.removeprefix("http://"),
            ]
            return server

        yield opened
