"""Settings of the desk, from environment variables. The README lists them."""

import logging
import re
import zoneinfo
from collections.abc import Container
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from phonenumbers import SUPPORTED_REGIONS

from memadmin.local import kept_secret
from memadmin.memory.embedded import DATABASE, var_dir
from memadmin.memory.your_data import AUDIENCE

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = var_dir()
env = environ.Env()


def flag(name: str, *, default: bool) -> bool:
    """A switch from the environment; a word that is neither on nor off is refused rather than taken for off."""
    value = env.str(name, default="").strip().lower()
    if value in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
        return value in {"1", "true", "yes", "on"} if value else default
    raise ImproperlyConfigured(f"{name} is “on” or “off”, not “{value}”.")


def one_of(name: str, *, default: str, known: Container[str]) -> str:
    """A word from the environment that must be a known one."""
    value: str = env.str(name, default=default)
    if value not in known:
        raise ImproperlyConfigured(f"{name} cannot be “{value}”.")
    return value


def at_least_one(number: int) -> int:
    """A number of proxies."""
    if number < 1:
        raise ImproperlyConfigured(f"MEMADMIN_PROXIES is 1 or more, not {number}.")
    return number


def lifetime(days: int) -> int:
    """For how many days backups are kept."""
    if not 0 <= days <= 36_500:
        raise ImproperlyConfigured(f"MEMADMIN_BACKUP_DAYS is 0 (no backups) to 36500, not {days}.")
    return days


def minutes(number: int) -> int:
    """How long a stated purpose holds."""
    if not 1 <= number <= 480:
        raise ImproperlyConfigured(f"MEMADMIN_GRANT_MINUTES is 1 to 480, not {number}.")
    return number


def visit(number: int) -> int:
    """How long a person's visit lasts."""
    if not 1 <= number <= 120:
        raise ImproperlyConfigured(f"MEMADMIN_YOUR_DATA_MINUTES is 1 to 120, not {number}.")
    return number


def origins(given: list[str]) -> list[str]:
    """Origins of pages, in full: a wildcard or a path would let in more than was meant, or nothing."""
    for origin in given:
        if not re.fullmatch(r"https?://([\w.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?", origin, re.ASCII):
            raise ImproperlyConfigured(
                f"MEMADMIN_YOUR_DATA_FRAMES takes origins like https://app.example, not “{origin}”."
            )
    return given


def kept_hours(number: int) -> int:
    """How long a copy that somebody ordered waits to be fetched."""
    if not 1 <= number <= 720:
        raise ImproperlyConfigured(f"MEMADMIN_EXPORT_HOURS is 1 to 720, not {number}.")
    return number


def hours(text: str) -> tuple[int, int]:
    """Working hours, "7-20": from the first to before the last."""
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and int(first) < int(last) <= 24):
        raise ImproperlyConfigured(f"MEMADMIN_WATCH_WORKING_HOURS is two hours, like “7-20”, not “{text}”.")
    return int(first), int(last)


# On a laptop: a secret key of its own, this machine's host names, the embedded database, cookies without HTTPS.
MEMADMIN_DEBUG = flag("MEMADMIN_DEBUG", default=False)
# Django's own debug pages print local variables, and with them memory text. They stay off everywhere.
DEBUG = False

# What production must set. Missing ones are reported together by dashboard/checks.py, which stops the start.
SECRET_KEY_FROM_ENVIRONMENT = env.str("MEMADMIN_SECRET_KEY", default="")
SECRET_KEY = SECRET_KEY_FROM_ENVIRONMENT or kept_secret(VAR_DIR / "secret-key", keep=MEMADMIN_DEBUG)
ALLOWED_HOSTS = env.list("MEMADMIN_ALLOWED_HOSTS", default=["127.0.0.1", "localhost"] if MEMADMIN_DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("MEMADMIN_TRUSTED_ORIGINS", default=[])

DATABASE_URL = env.str("DATABASE_URL", default="")
if DATABASE_URL:
    try:
        DATABASES = {"default": env.db_url_config(DATABASE_URL)}
    except (KeyError, ValueError):
        DATABASES = {"default": {}}
    if DATABASES["default"].get("ENGINE") != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database: postgresql://user:password@host/name")
else:
    DATABASES = {"default": {"ENGINE": "memadmin.postgres_embedded", "NAME": DATABASE}}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

INSTALLED_APPS = [
    "dashboard",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "procrastinate.contrib.django",
    "template_partials",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.gzip.GZipMiddleware",  # with random padding against BREACH, since Django 4.2
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.middleware.FullPageSignIn",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dashboard.person_middleware.PersonScope",
    "dashboard.middleware.TenantScope",
]

ROOT_URLCONF = "memadmin.urls"
WSGI_APPLICATION = "memadmin.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.context.desk",
            ],
            "builtins": ["template_partials.templatetags.partials"],
        },
    }
]

# Sign-in: accounts are made by an administrator, never by the public.
AUTH_USER_MODEL = "dashboard.Staff"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_ADAPTER = "dashboard.accounts.StaffAccounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "show-home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
SESSION_COOKIE_AGE = 8 * 60 * 60  # one shift, in seconds
SESSION_COOKIE_NAME = "memadmin_staff"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not MEMADMIN_DEBUG
CSRF_COOKIE_NAME = "memadmin_csrf"
CSRF_FAILURE_VIEW = "dashboard.views.errors.csrf_failure"

# Behind HTTPS in production; a proxy's headers are trusted only where the operator says so.
SECURE_SSL_REDIRECT = flag("MEMADMIN_SSL_REDIRECT", default=not MEMADMIN_DEBUG)
SECURE_HSTS_SECONDS = 0 if MEMADMIN_DEBUG else 31_536_000
MEMADMIN_PROXIES = 0  # how many append to X-Forwarded-For
if flag("MEMADMIN_BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    MEMADMIN_PROXIES = at_least_one(env.int("MEMADMIN_PROXIES", default=1))
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = MEMADMIN_DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if MEMADMIN_DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# The desk speaks English; the person's pages follow their browser, or what they chose there.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "dashboard" / "locale"]
FORMAT_MODULE_PATH = "dashboard.date_formats"
LANGUAGE_COOKIE_NAME, LANGUAGE_COOKIE_PATH = "memadmin_language", "/your-data/"
LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SECURE = True, not MEMADMIN_DEBUG
TIME_ZONE = one_of("MEMADMIN_TIME_ZONE", default="UTC", known=zoneinfo.available_timezones())
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

PROCRASTINATE_ON_APP_READY = None

# Audit. Appends are prepared statements; PgBouncer before 1.21 cannot pass them on.
PREPARE_AFTER = 5 if flag("MEMADMIN_PREPARED_STATEMENTS", default=True) else None
DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = PREPARE_AFTER
# The key of the tenant digests and of the encrypted notes: losing it makes old events impossible to attribute.
AUDIT_KEY_FROM_ENVIRONMENT = env.str("MEMADMIN_AUDIT_KEY", default="")
MEMADMIN_AUDIT_KEY = AUDIT_KEY_FROM_ENVIRONMENT or kept_secret(VAR_DIR / "audit-key", keep=MEMADMIN_DEBUG)
# Ed25519 private key (PEM) that signs checkpoints; on a laptop one is made in var/. Needed by the job worker only.
MEMADMIN_SIGNING_KEY = env.str("MEMADMIN_SIGNING_KEY", default="", multiline=True)
MEMADMIN_SIGNING_KEY_FILE = env.str("MEMADMIN_SIGNING_KEY_FILE", default="") or (
    str(VAR_DIR / "audit-signing-key.pem") if MEMADMIN_DEBUG and not MEMADMIN_SIGNING_KEY else ""
)
# Fingerprints of further keys whose checkpoints are believed: earlier ones, and the worker's where it is not here.
MEMADMIN_TRUSTED_KEYS = env.list("MEMADMIN_TRUSTED_KEYS", default=[])
# Where checkpoints go outside the database; each is used if it is set.
MEMADMIN_CHECKPOINT_FILE = env.str(
    "MEMADMIN_CHECKPOINT_FILE", default=str(VAR_DIR / "audit-checkpoints.jsonl") if MEMADMIN_DEBUG else ""
)
MEMADMIN_CHECKPOINT_EMAIL = env.list("MEMADMIN_CHECKPOINT_EMAIL", default=[])
MEMADMIN_CHECKPOINT_WEBHOOK = env.str("MEMADMIN_CHECKPOINT_WEBHOOK", default="")
# Days that events stay in the database before they are archived to signed files; 0 keeps them for ever.
MEMADMIN_AUDIT_RETENTION_DAYS = env.int("MEMADMIN_AUDIT_RETENTION_DAYS", default=0)
MEMADMIN_AUDIT_ARCHIVE = env.str("MEMADMIN_AUDIT_ARCHIVE", default=str(VAR_DIR / "audit-archive"))
# From how many a member of staff is flagged for the privacy officer; 0 turns a rule off. See dashboard/audit/watch.py.
MEMADMIN_WATCH_TENANTS_PER_HOUR = env.int("MEMADMIN_WATCH_TENANTS_PER_HOUR", default=30)
MEMADMIN_WATCH_REVEALS_PER_DAY = env.int("MEMADMIN_WATCH_REVEALS_PER_DAY", default=50)
MEMADMIN_WATCH_OPENS_WITHOUT_PURPOSE_PER_DAY = env.int("MEMADMIN_WATCH_OPENS_WITHOUT_PURPOSE_PER_DAY", default=0)
MEMADMIN_WATCH_OPENS_AT_ODD_HOURS_PER_DAY = env.int("MEMADMIN_WATCH_OPENS_AT_ODD_HOURS_PER_DAY", default=10)
# Working hours in the desk's time zone, Monday to Friday: "first hour-last hour".
MEMADMIN_WATCH_WORKING_HOURS = hours(env.str("MEMADMIN_WATCH_WORKING_HOURS", default="7-20"))
# Certificates of erasure: in whose name, and for how many days backups made before may hold what was erased.
MEMADMIN_CONTROLLER = env.str("MEMADMIN_CONTROLLER", default="")
MEMADMIN_BACKUP_DAYS = lifetime(env.int("MEMADMIN_BACKUP_DAYS", default=35))
# Minutes for which a stated purpose opens one person to one member of staff.
MEMADMIN_GRANT_MINUTES = minutes(env.int("MEMADMIN_GRANT_MINUTES", default=30))
# Country whose phone numbers in memories are written without + ("DE"); they are veiled on pages.
MEMADMIN_PHONE_REGION = one_of("MEMADMIN_PHONE_REGION", default="US", known=SUPPORTED_REGIONS)
# The law that the clock of privacy requests follows, and where the controller sits: "DE" or "DE-BY" for its holidays.
MEMADMIN_CLOCK = one_of("MEMADMIN_CLOCK", default="GDPR", known={"GDPR", "CCPA"})
MEMADMIN_HOLIDAYS = env.str("MEMADMIN_HOLIDAYS", default="")
# From how many memories on an erasure is approved by somebody else than who asked for it; 0: never.
MEMADMIN_FOUR_EYES_FROM = env.int("MEMADMIN_FOUR_EYES_FROM", default=1)
# Hours between approval and start, in which an erasure can be cancelled.
MEMADMIN_COOLING_OFF_HOURS = env.int("MEMADMIN_COOLING_OFF_HOURS", default=0)
# If the agent has written since the approval: "stop" for a new approval, or "go-on"; the certificate says which.
MEMADMIN_AFTER_CHANGE = one_of("MEMADMIN_AFTER_CHANGE", default="stop", known={"stop", "go-on"})
# Whom to remind every morning of requests that are overdue or due within a week.
MEMADMIN_PRIVACY_EMAIL = env.list("MEMADMIN_PRIVACY_EMAIL", default=[])
# Every night an erasure is rehearsed with a made-up person in the real store.
MEMADMIN_DRILL = flag("MEMADMIN_DRILL", default=True)
# Mail server, e.g. smtp+tls://user:password@mail.example.com:587, and whom mail comes from.
vars().update(env.email_url("MEMADMIN_EMAIL_URL", default="smtp://127.0.0.1:25"))
DEFAULT_FROM_EMAIL = env.str("MEMADMIN_EMAIL_FROM", default="memadmin@localhost")

# "Your data": the person's own pages. A host application signs a token with a shared secret (HS256), or with a key
# whose public half is in a file (PEM or JWKS). Without either the pages are closed; a laptop makes a secret for itself.
MEMADMIN_YOUR_DATA_KEY_FILE = env.str("MEMADMIN_YOUR_DATA_KEY_FILE", default="")
MEMADMIN_YOUR_DATA_SECRET = env.str("MEMADMIN_YOUR_DATA_SECRET", default="") or (
    kept_secret(VAR_DIR / "your-data-secret", keep=True) if MEMADMIN_DEBUG and not MEMADMIN_YOUR_DATA_KEY_FILE else ""
)
MEMADMIN_YOUR_DATA_AUDIENCE = env.str("MEMADMIN_YOUR_DATA_AUDIENCE", default=AUDIENCE)
# Minutes that a visit lasts, and where the person is sent for another one, or when they leave: the host application.
MEMADMIN_YOUR_DATA_MINUTES = visit(env.int("MEMADMIN_YOUR_DATA_MINUTES", default=30))
MEMADMIN_YOUR_DATA_RETURN = env.str("MEMADMIN_YOUR_DATA_RETURN", default="")
# What the person may do: "at-once", "ask" for a request to staff, or "off".
WAYS = {"at-once", "ask", "off"}
MEMADMIN_YOUR_DATA_CORRECT = one_of("MEMADMIN_YOUR_DATA_CORRECT", default="at-once", known=WAYS)
MEMADMIN_YOUR_DATA_FORGET = one_of("MEMADMIN_YOUR_DATA_FORGET", default="at-once", known=WAYS)
MEMADMIN_YOUR_DATA_RESTRICT = one_of("MEMADMIN_YOUR_DATA_RESTRICT", default="at-once", known=WAYS)
MEMADMIN_YOUR_DATA_DOWNLOAD = one_of("MEMADMIN_YOUR_DATA_DOWNLOAD", default="at-once", known=WAYS)
MEMADMIN_YOUR_DATA_FORGET_EVERYTHING = one_of("MEMADMIN_YOUR_DATA_FORGET_EVERYTHING", default="ask", known=WAYS)
# Requests without an account: a public form, which sends a code to the e-mail address that is typed there.
MEMADMIN_INTAKE = flag("MEMADMIN_INTAKE", default=False)
# Whether the person reads who of the staff looked, or only their roles.
MEMADMIN_YOUR_DATA_STAFF_NAMES = flag("MEMADMIN_YOUR_DATA_STAFF_NAMES", default=False)
# Where copies of everything held on a person wait to be fetched, a folder that web servers and workers share; how long.
MEMADMIN_EXPORT_DIR = env.str("MEMADMIN_EXPORT_DIR", default=str(VAR_DIR / "exports"))
MEMADMIN_EXPORT_HOURS = kept_hours(env.int("MEMADMIN_EXPORT_HOURS", default=24))
# The controller's look: a logo file (SVG or PNG), an accent colour by day and by night, and whom to write to.
MEMADMIN_BRAND_LOGO = env.str("MEMADMIN_BRAND_LOGO", default="")
MEMADMIN_BRAND_COLOUR = env.str("MEMADMIN_BRAND_COLOUR", default="")
MEMADMIN_BRAND_COLOUR_DARK = env.str("MEMADMIN_BRAND_COLOUR_DARK", default="")
MEMADMIN_CONTACT = env.str("MEMADMIN_CONTACT", default="")
# Origins that may show the pages in a frame. On another site than the desk's own, browsers ask for SameSite=None.
MEMADMIN_YOUR_DATA_FRAMES = origins(env.list("MEMADMIN_YOUR_DATA_FRAMES", default=[]))
CSRF_COOKIE_SAMESITE = "None" if MEMADMIN_YOUR_DATA_FRAMES and not MEMADMIN_DEBUG else "Lax"

# Bearer token for /metrics/; "" switches it off.
MEMADMIN_METRICS_TOKEN = env.str("MEMADMIN_METRICS_TOKEN", default="")

# Requests are logged without query strings or bodies; mem0's own log of memory text is silenced in the core.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # A refusal is in the audit log; Django would print its traceback.
    "loggers": {"django.request": {"level": "ERROR"}},
    "root": {
        "handlers": ["console"],
        "level": one_of("MEMADMIN_LOG_LEVEL", default="WARNING", known=logging.getLevelNamesMapping()),
    },
}
