"""All settings of the installation, typed, from the environment (see .env.example). No credentials live here."""

from pathlib import Path

from ridley.config import logs
from ridley.config.environment import BadSetting, from_process
from ridley.config.mail import mail_server
from ridley.config.storing import storage

ROOT = Path(__file__).resolve().parents[2]
env = from_process(ROOT)

ENVIRONMENT = env.choice("RIDLEY_ENVIRONMENT", ("development", "test", "staging", "production"), "production")
DEBUG = env.flag("RIDLEY_DEBUG", default=False)
if DEBUG and ENVIRONMENT not in ("development", "test"):
    raise BadSetting(f"RIDLEY_DEBUG is on in {ENVIRONMENT}; it is for development only.")
HOME = Path(env.text("RIDLEY_HOME", str(ROOT / ".ridley"))).resolve()
SECRET_KEY = env.secret_key("RIDLEY_SECRET_KEY", served=ENVIRONMENT in ("staging", "production"))
ALLOWED_HOSTS = env.words("RIDLEY_ALLOWED_HOSTS", "127.0.0.1,localhost" if ENVIRONMENT != "production" else "")
VERSION = (ROOT / "VERSION").read_text().strip()

INSTALLED_APPS = [
    "ridley.config.apps.SameSignInConfig",  # Django's admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.socialaccount",
    "allauth.mfa",
    "allauth.usersessions",
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
    "ridley.core.search",
    "ridley.core.delivery",
    "ridley.core.changes",
    "ridley.assistant",
]

MIDDLEWARE = [
    "ridley.config.metrics.CountRequests",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",  # below what adds headers: they are for its files too
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "ridley.core.access.sign_in.SignInProblems",
    "ridley.core.accounts.sessions.RememberSeen",
    "ridley.core.access.request_id.RequestIdMiddleware",
    "ridley.core.access.limits.CountAddresses",
]

ROOT_URLCONF = "ridley.config.urls"
WSGI_APPLICATION = "ridley.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "ridley" / "config" / "templates"],
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
SIGN_IN_PAGE = "/sign-in"  # for people with a browser; takes ?next=/where/to
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_ADAPTER = "ridley.core.accounts.adapter.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"  # nobody signs up: an address is confirmed before it becomes anybody's
ACCOUNT_PREVENT_ENUMERATION = "strict"  # who adds an address learns from its mailbox alone whether it is taken
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Guesses of passwords and codes are counted by core/accounts/guesses.py instead.
ACCOUNT_RATE_LIMITS = {"login_failed": None, "login": "120/m/ip"}
PASSWORD_RESET_TIMEOUT = 3600
MFA_ADAPTER = "ridley.core.access.second_factor.SecondFactorAdapter"
MFA_TOTP_ISSUER = "Ridley"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # clocks of telephones differ; a code is good once all the same (accounts/sign_in.py)
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up with another's address; one that is not confirmed is a wish
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
CACHES = {"default": {"BACKEND": "ridley.core.accounts.shared_cache.SharedCache"}}
BEHIND_PROXY = env.flag("RIDLEY_BEHIND_PROXY")
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)
# People of identity providers are found, made and refused by core/people/services/arrivals.py, and by nothing else.
SOCIALACCOUNT_ADAPTER = "ridley.core.people.adapter.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # matched there by e-mail, where the provider owns the domain
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"  # whoever comes in was vouched for by their provider
# Whose ways in /sign-in shows where none is asked for: a tenant's key.
SIGN_IN_TENANT = env.text("RIDLEY_SIGN_IN_TENANT", "")
GOOGLE_CLIENT_ID = env.text("RIDLEY_GOOGLE_CLIENT_ID", "")
GOOGLE_CLIENT_SECRET = env.text("RIDLEY_GOOGLE_CLIENT_SECRET", "")
GOOGLE_ENDPOINTS = {
    "authorize": "https://accounts.google.com/o/oauth2/v2/auth",
    "token": "https://oauth2.googleapis.com/token",
    "keys": "https://www.googleapis.com/oauth2/v3/certs",
    "issuers": ["https://accounts.google.com", "accounts.google.com"],
}
# Secrets at rest: the first word encrypts, every word decrypts (core/access/encryption.py).
ENCRYPTION_KEYS = env.words("RIDLEY_ENCRYPTION_KEYS")
if any(len(word) < 32 for word in ENCRYPTION_KEYS) or not (ENCRYPTION_KEYS or ENVIRONMENT in ("development", "test")):
    raise BadSetting("RIDLEY_ENCRYPTION_KEYS: wanted words of at least 32 characters, separated by commas.")
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("app", "browser")
# Where the front end is, if it is not here. A secret in a link stands after "#": no server gets to log it.
PUBLIC_URL = env.text("RIDLEY_PUBLIC_URL", "").rstrip("/")
if PUBLIC_URL and not PUBLIC_URL.startswith(("https://", "http://")):
    raise BadSetting(f"RIDLEY_PUBLIC_URL: got {PUBLIC_URL!r}, wanted an address like https://app.example.com.")
HEADLESS_FRONTEND_URLS = {
    "account_confirm_email": f"{PUBLIC_URL}/account/confirm#{{key}}",
    "account_reset_password": f"{PUBLIC_URL}/account/reset",
    "account_reset_password_from_key": f"{PUBLIC_URL}/account/reset#{{key}}",
    "account_signup": f"{PUBLIC_URL}/account/sign-in",
    "socialaccount_login_error": f"{PUBLIC_URL}/sign-in",
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
    "x-email-verification-key", "x-invitation-token", "x-password-reset-key", "x-request-id", "x-session-token",
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
        "InvitationState": "ridley.core.people.models.InvitationState",
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
_s3 = {name: env.text(f"RIDLEY_S3_{name.upper()}", "") or None for name in ("endpoint", "access_key", "secret_key")}
STORAGES = {
    "default": storage(STORAGE_ADDRESS, folder=HOME / "storage", s3=_s3),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
INCOMING = HOME / "incoming"
UPLOAD_MAX_BYTES = env.number("RIDLEY_UPLOAD_MAX_BYTES", 2 * 1024**3)
UPLOAD_KEPT_HOURS = env.number("RIDLEY_UPLOAD_KEPT_HOURS", 24)
QUARANTINE_KEPT_DAYS = env.number("RIDLEY_QUARANTINE_KEPT_DAYS", 30)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**2

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

# Mail is kept with the deed and sent by a worker: to files in RIDLEY_HOME/mail, the console, or a mail server.
EMAIL_BACKEND = "ridley.core.delivery.mail.Queue"
_mail = mail_server(env.text("RIDLEY_EMAIL", "file"))
MAIL_BACKEND = _mail.backend
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.tls == "start", _mail.tls == "implicit"
EMAIL_TIMEOUT = 30
EMAIL_FILE_PATH = HOME / "mail"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("RIDLEY_EMAIL_FROM", "Ridley <ridley@localhost>")

# Who may read /metrics besides this machine: addresses or networks.
METRICS_ALLOWED = env.networks("RIDLEY_METRICS_ALLOWED")
# What ridley.core.access.outbound may ask besides the public internet on the ports of the web.
OUTBOUND_ALLOWED = env.networks("RIDLEY_OUTBOUND_ALLOWED")
OUTBOUND_PORTS = env.numbers("RIDLEY_OUTBOUND_PORTS", "80,443")

_serves_https = ENVIRONMENT in ("staging", "production")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _serves_https
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = env.flag("RIDLEY_HTTPS_REDIRECT", default=True) and _serves_https
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # whoever probes this machine speaks plain HTTP
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

env.refuse_unknown()
