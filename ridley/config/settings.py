"""All settings of the installation, typed, from the environment (see .env.example). No credentials live here."""

from ipaddress import ip_network
from pathlib import Path

from ridley.config import logs
from ridley.config.environment import BadSetting, from_process

ROOT = Path(__file__).resolve().parents[2]
env = from_process(ROOT)

ENVIRONMENT = env.choice("RIDLEY_ENVIRONMENT", ("development", "test", "staging", "production"), "production")
DEBUG = env.flag("RIDLEY_DEBUG", default=False)
if DEBUG and ENVIRONMENT not in ("development", "test"):
    raise BadSetting(f"RIDLEY_DEBUG is on in {ENVIRONMENT}; it is for development only.")
HOME = Path(env.text("RIDLEY_HOME", str(ROOT / ".ridley"))).resolve()
SECRET_KEY = env.text("RIDLEY_SECRET_KEY")
ALLOWED_HOSTS = env.words("RIDLEY_ALLOWED_HOSTS", "127.0.0.1,localhost" if ENVIRONMENT != "production" else "")
VERSION = (ROOT / "VERSION").read_text().strip()

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "corsheaders",
    "django_filters",
    "drf_spectacular",
    "rest_framework",
    "procrastinate.contrib.django",
    "ridley.core.database",
    "ridley.core.accounts",
    "ridley.core.tenants",
    "ridley.core.access",
    "ridley.core.audit",
    "ridley.core.jobs",
    "ridley.core.people",
    "ridley.core.files",
    "ridley.core.changes",
    "ridley.assistant",
]

MIDDLEWARE = [
    "ridley.config.metrics.CountRequests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "ridley.core.access.request_id.RequestIdMiddleware",
    "ridley.core.access.limits.CountAddresses",
]

ROOT_URLCONF = "ridley.config.urls"
WSGI_APPLICATION = "ridley.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# The app role serves; the owner migrates. A process is one or the other, never both.
RUNS_AS_OWNER = env.choice("RIDLEY_RUN_AS", ("app", "owner"), "app") == "owner"
# Connections that the threads of a process share; 0: each thread keeps one of its own.
DATABASE_POOL = env.number("RIDLEY_DATABASE_POOL", 0)
_pool = {"pool": {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 30}} if DATABASE_POOL > 0 else {}
DATABASES = {
    "default": {
        "ENGINE": "ridley.core.database",
        **env.database("DATABASE_OWNER_URL" if RUNS_AS_OWNER else "DATABASE_URL"),
        "CONN_MAX_AGE": 0 if _pool else 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 10, "application_name": "ridley", **_pool},
    }
}
APP_ROLE = str(env.database("DATABASE_URL")["USER"])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
if ENVIRONMENT == "test":  # thousands of sign-ins; the real hashers are slow on purpose
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_ADAPTER = "ridley.core.accounts.adapter.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("app", "browser")
HEADLESS_FRONTEND_URLS = {
    "account_confirm_email": "/account/confirm/{key}",
    "account_reset_password": "/account/reset",
    "account_reset_password_from_key": "/account/reset/{key}",
    "account_signup": "/account/sign-up",
}
# A token for front ends on other origins: five minutes of access, a refresh token that rotates.
HEADLESS_TOKEN_STRATEGY = "ridley.core.accounts.tokens.Strategy"  # noqa: S105 a class
HEADLESS_JWT_PRIVATE_KEY = env.text("RIDLEY_JWT_PRIVATE_KEY", "").replace("\\n", "\n")
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 300
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = 86400
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
CORS_ALLOWED_ORIGINS = env.words("RIDLEY_CORS_ORIGINS")
CORS_EXPOSE_HEADERS = [
    "ETag", "Location", "RateLimit", "RateLimit-Policy", "Retry-After",
    "Tus-Extension", "Tus-Max-Size", "Tus-Resumable", "Tus-Version",
    "Upload-Expires", "Upload-Length", "Upload-Metadata", "Upload-Offset", "X-Request-Id",
]  # fmt: skip
CORS_ALLOW_HEADERS = [
    "accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match",
    "tus-resumable", "upload-checksum", "upload-length", "upload-metadata", "upload-offset", "x-csrftoken",
    "x-request-id", "x-session-token",
]  # fmt: skip
CSRF_TRUSTED_ORIGINS = env.words("RIDLEY_TRUSTED_ORIGINS")

# How often one may ask: a signed-in person, a program's token, an address of which nobody is known.
_off = "off" if ENVIRONMENT == "test" else ""
RATES = {
    "person": env.rate("RIDLEY_RATE_PERSON", _off or "6000/min"),
    "token": env.rate("RIDLEY_RATE_TOKEN", _off or "12000/min"),
    "address": env.rate("RIDLEY_RATE_ADDRESS", _off or "600/min"),
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "ridley.core.people.authentication.ApiTokens",
        "ridley.core.accounts.authentication.BearerToken",
        "ridley.core.accounts.authentication.SessionCookie",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        *(["rest_framework.renderers.BrowsableAPIRenderer"] if DEBUG else []),
    ],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "ridley.core.access.schema.ScopedSchema",
    "EXCEPTION_HANDLER": "ridley.core.access.problems.as_problem",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Ridley",
    "DESCRIPTION": "Changes to shared records: proposed, checked, decided, applied, explained and undone.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "DEFAULT_GENERATOR_CLASS": "ridley.core.access.schema.DocumentGenerator",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1/\{tenant\}",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
    "ENUM_NAME_OVERRIDES": {
        "ChangeSetState": "ridley.core.changes.models.State",
        "JobState": "ridley.core.jobs.models.State",
        "MappingState": "ridley.assistant.models.MappingState",
        "Mode": "ridley.core.changes.models.Mode",
        "UploadState": "ridley.core.files.models.State",
        "Verdict": "ridley.core.changes.models.Verdict",
    },
}

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
JOB_HEARTBEAT_SECONDS = env.number("RIDLEY_JOB_HEARTBEAT_SECONDS", 10)
JOB_STALLED_SECONDS = env.number("RIDLEY_JOB_STALLED_SECONDS", 60)

# Files: a folder, or a bucket that speaks S3 (RIDLEY_STORAGE=s3://bucket/prefix).
STORAGE_ADDRESS = env.text("RIDLEY_STORAGE", "")
if STORAGE_ADDRESS.startswith("s3://"):
    _bucket, _, _prefix = STORAGE_ADDRESS.removeprefix("s3://").partition("/")
    _files = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": _bucket,
            "location": _prefix,
            "endpoint_url": env.text("RIDLEY_S3_ENDPOINT", "") or None,
            "access_key": env.text("RIDLEY_S3_ACCESS_KEY", "") or None,
            "secret_key": env.text("RIDLEY_S3_SECRET_KEY", "") or None,
            "default_acl": "private",
            "file_overwrite": False,
            "max_memory_size": 8 * 1024**2,  # beyond it, a download is spooled to disk
        },
    }
elif STORAGE_ADDRESS:
    raise BadSetting(f"RIDLEY_STORAGE: got {STORAGE_ADDRESS!r}, wanted s3://bucket/prefix, or nothing for a folder.")
else:
    _files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": HOME / "storage", "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    }
STORAGES = {
    "default": _files,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
INCOMING = HOME / "incoming"
UPLOAD_MAX_BYTES = env.number("RIDLEY_UPLOAD_MAX_BYTES", 2 * 1024**3)
UPLOAD_KEPT_HOURS = env.number("RIDLEY_UPLOAD_KEPT_HOURS", 24)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**2

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

# Who may read /metrics besides this machine: addresses or networks.
METRICS_ALLOWED = env.words("RIDLEY_METRICS_ALLOWED")
for _network in METRICS_ALLOWED:
    try:
        ip_network(_network)
    except ValueError:
        raise BadSetting(f"RIDLEY_METRICS_ALLOWED: got {_network!r}, wanted 10.0.0.7 or 10.0.0.0/24.") from None

_serves_https = ENVIRONMENT in ("staging", "production")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _serves_https
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = _serves_https and env.flag("RIDLEY_HTTPS_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # whoever probes this machine speaks plain HTTP
BEHIND_PROXY = env.flag("RIDLEY_BEHIND_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 31536000 if _serves_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _serves_https
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"] if not DEBUG else ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

LOG_FORMAT = env.choice("RIDLEY_LOG_FORMAT", ("line", "json"), "json" if _serves_https else "line")
LOGGING = logs.configuration(form=LOG_FORMAT, level=env.text("RIDLEY_LOG_LEVEL", "WARNING").upper())
