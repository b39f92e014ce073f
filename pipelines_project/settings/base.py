"""What every process needs: where data lies, the database, the apps, security of pages."""

import tempfile
from hashlib import sha256
from pathlib import Path

from pipelines_project import env

BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = env.path("HEADRACE_DATA_DIR", default=BASE_DIR / "var")
# Doorbell sockets: a path of its own, because one may hold 107 bytes at most and a data directory may lie deep.
RUN_DIR = Path(tempfile.gettempdir()) / f"headrace-{sha256(str(DATA_DIR).encode()).hexdigest()[:12]}"
HOST = env.text("HEADRACE_HOST", "127.0.0.1")
PORT = env.integer("HEADRACE_PORT", default=8000, minimum=1)
PUBLIC_URL = env.text("HEADRACE_PUBLIC_URL", f"http://{HOST}:{PORT}").rstrip("/")
TRUSTED_PROXIES = env.words("HEADRACE_TRUSTED_PROXIES")
CONNECTIONS_PER_ADDRESS = env.integer("HEADRACE_CONNECTIONS_PER_ADDRESS", default=500, minimum=1)
REGION = env.text("HEADRACE_REGION", "us-east-1")

DEBUG = env.boolean("HEADRACE_DEBUG", default=False)
SECRET_KEY = env.secret("HEADRACE_SECRET_KEY", fallback=DATA_DIR / "secret_key")
MASTER_KEY = env.secret("HEADRACE_MASTER_KEY", fallback=DATA_DIR / "master_key")
ALLOWED_HOSTS = env.words("HEADRACE_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", HOST])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",  # `urls.py` looks for the models' pages: the worker has none
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "channels",
    "csp",
    "django_htmx",
    "django_q",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "rest_framework",
    "apps.core",
    "apps.tenancy",
    "apps.events",
    "apps.actions",
    "apps.connections",
    "apps.artifacts",
    "apps.jobs",
    "apps.pipelines",
    "apps.executions",
    "apps.triggers",
    "apps.notifications",
    "apps.awsapi",
    "apps.portal",
    "apps.restapi",
    "apps.live",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "apps.core.middleware.without_nul",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "apps.core.middleware.HostChecked",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "pipelines_project.urls"
ASGI_APPLICATION = "pipelines_project.asgi.application"

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
                "apps.portal.context.portal",
            ],
        },
    }
]

DATABASES = {"default": env.database("HEADRACE_DATABASE_URL", default_file=DATA_DIR / "headrace.sqlite3")}
ON_SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
if ON_SQLITE:
    DATABASES["default"]["ENGINE"] = "apps.core.sqlite3"  # Django's, with a queue for its writers
    DATABASES["default"]["CONN_MAX_AGE"] = None  # an open file costs nothing, opening one per request does
    # IMMEDIATE: a deferred transaction that turns from reader to writer fails with "database is locked" at once.
    # synchronous=FULL: WAL with NORMAL lost acknowledged commits in power-cut trials, with FULL none.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000;",
    }
else:
    DATABASES["default"]["ENGINE"] = "apps.core.postgresql"  # Django's, on connections that do not wait for ever
    DATABASES["default"]["CONN_MAX_AGE"] = 600
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # The same few statements come again and again: to plan each anew takes longer than to carry it out.
    prepares = env.boolean("HEADRACE_DATABASE_PREPARE", default=True)
    DATABASES["default"]["OPTIONS"] |= {"server_side_binding": prepares, "prepare_threshold": 2 if prepares else None}
    DATABASES["default"]["OPTIONS"].setdefault(
        "options", "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=30s"
    )
# Longer than `statement_timeout`, by which the server itself ends what takes too long.
DATABASE_ANSWER_SECONDS = env.seconds("HEADRACE_DATABASE_ANSWER_SECONDS", default=35, minimum=1)

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "tenancy.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_ADAPTER = "apps.tenancy.sign_in.ClosedSignUp"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = {"login_failed": "5/15m/key,20/15m/ip"}

# Without a mail server nothing is sent: a target that is an e-mail address is refused, with the setting's name.
EMAIL_HOST = env.text("HEADRACE_EMAIL_HOST")
EMAIL_PORT = env.integer("HEADRACE_EMAIL_PORT", default=25, minimum=1)
EMAIL_HOST_USER = env.text("HEADRACE_EMAIL_USER")
EMAIL_HOST_PASSWORD = env.optional_secret("HEADRACE_EMAIL_PASSWORD")
EMAIL_SECURITY = env.text("HEADRACE_EMAIL_SECURITY", "none", choices=("none", "starttls", "tls"))
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL_SECURITY == "starttls", EMAIL_SECURITY == "tls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("HEADRACE_EMAIL_FROM", "headrace@localhost")

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]

ON_HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ON_HTTPS
SESSION_COOKIE_NAME = "__Host-session" if ON_HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if ON_HTTPS else "csrf"
SECURE_HSTS_SECONDS = 31_536_000 if ON_HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("HEADRACE_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.channels.server": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "django-q": {"level": "WARNING"},
        "uvicorn.access": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
    },
}
