"""Every setting of Locksite, from the environment or from a settings file, checked at start.

`LOCKSITE_ENV_FILE` (default: `locksite.env` in the data folder) is read first; the environment
wins. A setting that is missing or cannot be read raises `ImproperlyConfigured` with one clear
sentence.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()

# Where the SQLite database, the settings file and the demo's keys live.
DATA_DIR = Path(os.environ.get("LOCKSITE_DATA_DIR", BASE_DIR / "var")).resolve()
_env_file = Path(os.environ.get("LOCKSITE_ENV_FILE", DATA_DIR / "locksite.env"))
if _env_file.is_file():
    env.read_env(str(_env_file), overwrite=False)


def _required(name: str, what: str) -> str:
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set ({what}). "
            f"`python -m locksite.first_keys {_env_file}` makes a file with fresh secrets."
        )
    return str(value)


def _checked(read: Any, name: str, default: Any) -> Any:
    try:
        return read(name, default=default)
    except (ValueError, TypeError) as error:
        raise ImproperlyConfigured(f"{name} cannot be read: {error}") from None


# ---- Secrets ------------------------------------------------------------------------------------
SECRET_KEY = _required("LOCKSITE_SECRET_KEY", "signs sessions and forms")
# Fernet keys for PINs, newest first, separated by commas; older ones still read.
LOCKSITE_PIN_KEYS = [
    key.strip() for key in _required("LOCKSITE_PIN_KEYS", "seals PINs").split(",") if key.strip()
]
# Key of the index by which equal PINs on one lock are found.
LOCKSITE_PIN_INDEX_KEY = _required("LOCKSITE_PIN_INDEX_KEY", "keys the PIN index")

# ---- Web ----------------------------------------------------------------------------------------
DEBUG = _checked(env.bool, "LOCKSITE_DEBUG", False)
# Whether `/styleguide/` shows every component of the desk; it is always there while debugging.
LOCKSITE_STYLEGUIDE = _checked(env.bool, "LOCKSITE_STYLEGUIDE", False)
# Whether visitors come over https: secure cookies, HSTS, redirect. Off for a demo on plain http.
LOCKSITE_HTTPS = _checked(env.bool, "LOCKSITE_HTTPS", True)
ALLOWED_HOSTS = _checked(env.list, "LOCKSITE_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = _checked(env.list, "LOCKSITE_TRUSTED_ORIGINS", [])
# How many proxies in front add to X-Forwarded-For; 0 means the peer's own address counts.
LOCKSITE_PROXIES = _checked(env.int, "LOCKSITE_PROXIES", 0)

ROOT_URLCONF = "locksite.urls"
WSGI_APPLICATION = "locksite.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "rest_framework",
    "locksite.journal",
    "locksite.partners",
    "properties",
    "accesscodes",
    "locksite",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = LOCKSITE_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if LOCKSITE_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = LOCKSITE_HTTPS
SECURE_HSTS_PRELOAD = LOCKSITE_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if LOCKSITE_PROXIES else None
# `/health` must answer a load balancer that speaks plain http inside the network.
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^healthz$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LOCKSITE_HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if LOCKSITE_HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if LOCKSITE_HTTPS else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# Bodies are bounded by their size, and the API counts for itself. Django counts the fields of a
# query while it makes the request, for some content types: too early for anybody to answer.
DATA_UPLOAD_MAX_NUMBER_FIELDS = None

# ---- Sign-in ------------------------------------------------------------------------------------
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Five wrong passwords of one user from one address close that pair for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "properties.web.lockout.locked_out"
# The page says until when: trying again meanwhile does not move that on.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_IPWARE_PROXY_COUNT = LOCKSITE_PROXIES or None
AXES_VERBOSE = False

# ---- Database -----------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": _checked(env.db_url, "DATABASE_URL", f"sqlite:///{DATA_DIR / 'locksite.sqlite3'}")
}
_database = DATABASES["default"]
# A connection outlives its request: opening one costs more than a simple answer.
_database["CONN_MAX_AGE"] = 600
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    _database["CONN_HEALTH_CHECKS"] = True

# ---- Language, time, files ----------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# ---- Locksite -----------------------------------------------------------------------------------
# The workspace that the API shows: one installation is one workspace.
LOCKSITE_WORKSPACE_ID = _checked(
    env.str, "LOCKSITE_WORKSPACE_ID", "10c45173-0000-4000-8000-000000000001"
)
LOCKSITE_WORKSPACE_NAME = _checked(env.str, "LOCKSITE_WORKSPACE_NAME", "Locksite")
# Under which address the internet reaches this installation, e.g. https://desk.example.com: where
# a cloud is asked to send its webhooks. Empty: it is asked every minute what happened instead.
LOCKSITE_PUBLIC_URL = _checked(env.str, "LOCKSITE_PUBLIC_URL", "").rstrip("/")
# How many locks one engine works on at the same time.
LOCKSITE_ENGINE_THREADS = _checked(env.int, "LOCKSITE_ENGINE_THREADS", 16)
# How long, in seconds, an engine may be silent before others take its locks over; it gives four
# signs of life in that time.
LOCKSITE_ENGINE_DEAD_SECONDS = _checked(env.int, "LOCKSITE_ENGINE_DEAD_SECONDS", 20)
if LOCKSITE_ENGINE_DEAD_SECONDS < 2:
    raise ImproperlyConfigured("LOCKSITE_ENGINE_DEAD_SECONDS must be at least 2.")
# How old a reading may be, in minutes, before its lock says “No fresh report”.
LOCKSITE_STALE_MINUTES = _checked(env.int, "LOCKSITE_STALE_MINUTES", 15)
# Whether the API refuses PINs such as 1234 that Locksite itself never generates.
LOCKSITE_REFUSE_WEAK_PINS = _checked(env.bool, "LOCKSITE_REFUSE_WEAK_PINS", False)
# How many requests a minute one API key may make; 0 is no limit. A key may have its own limit.
LOCKSITE_RATE_LIMIT = _checked(env.int, "LOCKSITE_RATE_LIMIT", 1200)
if LOCKSITE_RATE_LIMIT < 0:
    raise ImproperlyConfigured("LOCKSITE_RATE_LIMIT must be 0 or more.")
# Whether the API takes at most 10 creations, 10 changes and 20 removals a minute for one lock.
LOCKSITE_DEVICE_LIMITS = _checked(env.bool, "LOCKSITE_DEVICE_LIMITS", True)
# The ports of public hosts that webhooks are sent to.
LOCKSITE_WEBHOOK_PORTS = _checked(
    lambda name, default: env.list(name, cast=int, default=default),
    "LOCKSITE_WEBHOOK_PORTS",
    [443],
)
# Single hosts, as `host` or `host:port`, that webhooks are sent to although they are private;
# there also over plain http.
LOCKSITE_WEBHOOK_ALLOWED_HOSTS = _checked(env.list, "LOCKSITE_WEBHOOK_ALLOWED_HOSTS", [])

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "locksite.wire.schema.WireSchema",
    "UNAUTHENTICATED_USER": None,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["stderr"],
        "level": _checked(env.str, "LOCKSITE_LOG_LEVEL", "INFO"),
    },
    # `django.server` logs query strings, in which a partner may send a PIN.
    "loggers": {"django.server": {"handlers": [], "propagate": False}},
}
