"""Settings for the tests: Locksite's own, with fixed keys and cheap password hashes."""

import os

os.environ.setdefault("LOCKSITE_ENV_FILE", "none")
os.environ.setdefault("LOCKSITE_SECRET_KEY", "tests-only")
os.environ.setdefault("LOCKSITE_PIN_KEYS", "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=")
os.environ.setdefault("LOCKSITE_PIN_INDEX_KEY", "tests-only-index")
os.environ.setdefault("LOCKSITE_HTTPS", "0")
# The first request of a key writes down that it was made; tests count queries.
os.environ.setdefault("LOCKSITE_RATE_LIMIT", "0")
os.environ["DATABASE_URL"] = os.environ.get("LOCKSITE_TEST_DATABASE_URL", "sqlite:///:memory:")

from locksite.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
ALLOWED_HOSTS = ["*"]
