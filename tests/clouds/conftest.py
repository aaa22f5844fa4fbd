"""Seam's published fake, for tests of the whole way to it."""

from tests.properties.providers.seam.conftest import fake_seam

__all__ = ["fake_seam"]
