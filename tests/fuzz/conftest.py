"""Whole requests inside the transaction of a test, without a word in the log."""

import logging

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from tests.fuzz.run import hush


@pytest.fixture
def in_one_transaction(db):
    """Keep the handler from closing the connection, and the log from filling."""
    hush()
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    logging.disable(logging.NOTSET)
