"""Settings of the portal, read from the environment (and from `.env` in the checkout).

`manage.py`, `script/run` and the tests set `DATABASE_URL` and `SECRET_KEY` for the server that
comes with the checkout (portal/embedded_postgres.py); a deployment sets them itself.
"""

from datetime import timedelta
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from portal.databases.addresses import databases
from portal.environment import Environment
from portal.redis.caches import caches
from portal.rest import settings as rest
from portal.safety.logs import SUSPICIOUS
from portal.safety.values import USUAL_ADMIN_PATH, admin_path, networks

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
env.read_env(BASE_DIR / ".env")

SECRET_KEY = env.str("SECRET_KEY")
# Former keys, under which sessions go on while the key is changed (docs/security.md).
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "portal",
    "portal.accounts",
    "portal.limits",
    "portal.reference",
    "portal.records",
    "portal.attachments",
    "portal.search",
    "portal.links",
    "portal.exchange",
    "portal.imports",
    "portal.curation",
    "portal.watching",
    "portal.backups",
    "legislation",
    "caselaw",
    "bibliography",
    "portal.admin.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "django.forms",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
]

MIDDLEWARE = [
    "portal.watching.probes.ProbesMiddleware",
    "portal.watching.requests.RequestMiddleware",
    "portal.middleware.HeadMiddleware",
    # Outside of all that answers by itself: static files, preflights, redirects to HTTPS.
    "csp.middleware.CSPMiddleware",
    "portal.safety.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.DatabaseFailureMiddleware",
    "portal.databases.middleware.StandbyMiddleware",
    "portal.middleware.CatalogMiddleware",
    "portal.safety.gate.GateMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    # In this order: what is answered without a view is refused to bad tokens; what was kept is
    # compressed.
    "portal.limits.middleware.LimitsMiddleware",
    "portal.conditional.ConditionalMiddleware",
    "portal.kept_pages.KeptPagesMiddleware",
    "portal.compression.CompressionMiddleware",
    "django.middleware.common.CommonMiddleware",
    # Before the body is read.
    "portal.safety.bounds.BoundsMiddleware",
    "portal.safety.sign_in_limit.SignInLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.accounts.middleware.StaffSessionMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.portal",
            ],
        },
    },
]

# Widgets are drawn with the templates of the project, too.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# What decides plans is set per connection, so that any server plans as the tests saw it:
# random_page_cost for solid-state disks, no JIT for queries of milliseconds. Web processes also
# give a query up after a while instead of holding a worker (portal/wsgi.py); commands do not.
DATABASES = databases(
    env.db("DATABASE_URL"),
    # Standbys that follow it; public pages are read from them (docs/operations/many-servers.md).
    env.list("DATABASE_REPLICA_URLS", default=[]),
    options="-c random_page_cost=1.1 -c jit=off -c work_mem=16MB"
    f" -c statement_timeout={env.str('STATEMENT_TIMEOUT', default='0')}"
    f" -c lock_timeout={env.str('LOCK_TIMEOUT', default='0')}"
    f" -c idle_in_transaction_session_timeout={env.str('IDLE_TRANSACTION_TIMEOUT', default='0')}",
    max_age=env.int("CONN_MAX_AGE", default=60),
)
DATABASE_ROUTERS = ["portal.databases.router.StandbyRouter"]
# A standby that is further behind is not read from.
REPLICA_MAX_LAG_SECONDS = env.float("REPLICA_MAX_LAG_SECONDS", default=10.0)
# So long a browser that has written reads from the primary; more than any standby may be behind.
PRIMARY_AFTER_WRITE_SECONDS = env.int(
    "PRIMARY_AFTER_WRITE_SECONDS", default=int(REPLICA_MAX_LAG_SECONDS) + 20
)

# Where there is a Redis server, all processes share one cache and one count of requests, and
# sessions are read from it. All of it may be lost: the database holds what must not be.
REDIS_URL = env.str("REDIS_URL", default="")
# Without it each process keeps some hundred answers of its own (portal/kept_pages.py).
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 500},
    }
}
if REDIS_URL:
    CACHES = caches(REDIS_URL)
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    SESSION_CACHE_ALIAS = "sessions"

# How long a migration waits for a table that is in use before it gives up (portal/management).
MIGRATION_LOCK_TIMEOUT = env.str("MIGRATION_LOCK_TIMEOUT", default="10s")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    # Refuses before a password is looked at, where too many were wrong.
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name, "OPTIONS": options}
    for name, options in (
        ("django.contrib.auth.password_validation.UserAttributeSimilarityValidator", {}),
        ("django.contrib.auth.password_validation.MinimumLengthValidator", {"min_length": 12}),
        ("django.contrib.auth.password_validation.CommonPasswordValidator", {}),
        ("django.contrib.auth.password_validation.NumericPasswordValidator", {}),
        ("portal.accounts.passwords.OwnWordsValidator", {}),
    )
]

# Staff give a code after their password. Where this is off, it is still asked of those who have
# set up an authenticator. A checkout with DEBUG holds nothing worth the trouble.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=not DEBUG)
OTP_TOTP_ISSUER = "Smuggling of Migrants Knowledge Portal"

# How many proxies of ours stand before the portal: so many entries at the end of X-Forwarded-For
# are true.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# Where the admin stands, and from which networks it can be reached (portal/safety/gate.py); for
# others it does not exist. Empty: from everywhere.
ADMIN_PATH = admin_path(
    env.str("ADMIN_PATH", default=USUAL_ADMIN_PATH), ("ar", "en", "es", "fr", "ru", "zh")
)
ADMIN_ALLOWED_NETWORKS = networks(
    env.list("ADMIN_ALLOWED_NETWORKS", default=[]), "ADMIN_ALLOWED_NETWORKS"
)
# How often a minute an address may send a password or a code; 0 does not count.
SIGN_IN_REQUESTS_PER_MINUTE = env.int("SIGN_IN_REQUESTS_PER_MINUTE", default=30)
# What one request of a signed-in curator may bring: several documents at once.
STAFF_BODY_MAX_BYTES = env.int("STAFF_BODY_MAX_BYTES", default=128 << 20)

# Five wrong passwords for a name from an address, and that address has to wait to try that name.
AXES_FAILURE_LIMIT = 5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_COOLOFF_TIME = timedelta(minutes=15)
# Who tries again meanwhile does not wait longer.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_HANDLER = "portal.accounts.clocks.AttemptHandler"
AXES_CLIENT_IP_CALLABLE = "portal.accounts.throttling.client_network"
AXES_LOCKOUT_CALLABLE = "portal.accounts.throttling.locked_out"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken"]
# Addresses are kept for wrong passwords and as long as these count; nobody reads them in the admin.
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("ar", _("Arabic")),
    ("zh-hans", _("Chinese")),
    ("en", _("English")),
    ("fr", _("French")),
    ("ru", _("Russian")),
    ("es", _("Spanish")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["portal.formats"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Source maps are for debuggers; to compress them takes longer than all the rest.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
    *("jpg", "jpeg", "png", "gif", "webp", "zip", "gz", "br", "woff", "woff2", "map"),
)

# A case with many defendants and charges is one form; what it may hold is bounded where it is read.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

COLLECTION_DIR = BASE_DIR / "collection"

# Documents kept with records; no web server may serve this directory (portal/attachments).
ATTACHMENTS_DIR = Path(env.str("ATTACHMENTS_DIR", default=str(BASE_DIR / "var" / "attachments")))
ATTACHMENT_MAX_BYTES = env.int("ATTACHMENT_MAX_BYTES", default=20 << 20)

# For how long an answer that all readers get alike is kept if the data do not change; 0 keeps none.
PAGES_KEPT_SECONDS = env.int("PAGES_KEPT_SECONDS", default=3600)
# Charts that were drawn, kept until the data change; they may be deleted at any time.
CHARTS_DIR = Path(env.str("CHARTS_DIR", default=str(BASE_DIR / "var" / "charts")))

# Files that curators import; no web server may serve this directory (portal/imports).
IMPORTS_DIR = Path(env.str("IMPORTS_DIR", default=str(BASE_DIR / "var" / "imports")))

# Data releases (portal/releases): written once each, kept for ever. They belong into backups.
RELEASES_DIR = Path(env.str("RELEASES_DIR", default=str(BASE_DIR / "var" / "releases")))
# Backups (portal/backups) are written there, encrypted for these keys of age; without one they are
# plain. PG_BIN is the directory of pg_dump and pg_restore, where they are not found by themselves.
BACKUPS_DIR = Path(env.str("BACKUPS_DIR", default=str(BASE_DIR / "var" / "backups")))
BACKUP_KEY = env.str("BACKUP_KEY", default="")
PG_BIN = env.str("PG_BIN", default="")

# The public address of the portal, for files that are made without a request.
PORTAL_ADDRESS = env.str("PORTAL_ADDRESS", default="http://localhost:8000")

# How often a minute a network address, and who brings a token, may ask what machines read
# (portal/limits); 0 does not count at all. A token may have a number of its own.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)
API_REQUESTS_PER_MINUTE_WITH_TOKEN = env.int("API_REQUESTS_PER_MINUTE_WITH_TOKEN", default=6_000)

# The manners of the API are of the portal, not of a deployment.
CORS_URLS_REGEX = rest.CORS_URLS_REGEX
CORS_ALLOW_ALL_ORIGINS = rest.CORS_ALLOW_ALL_ORIGINS
CORS_ALLOW_CREDENTIALS = rest.CORS_ALLOW_CREDENTIALS
CORS_ALLOW_METHODS = rest.CORS_ALLOW_METHODS
CORS_ALLOW_HEADERS = rest.CORS_ALLOW_HEADERS
CORS_EXPOSE_HEADERS = rest.CORS_EXPOSE_HEADERS
REST_FRAMEWORK = rest.REST_FRAMEWORK
SPECTACULAR_SETTINGS = rest.SPECTACULAR_SETTINGS

# Libraries harvest by OAI-PMH (portal/oai). The domain is part of the identifiers of all records
# there and must never change; without it the name under which the portal is asked is taken.
OAI_DOMAIN = env.str("OAI_DOMAIN", default="")
# Whom harvesters write to; without it webmaster@ that domain (RFC 2142).
OAI_ADMIN_EMAIL = env.str("OAI_ADMIN_EMAIL", default="")

# Where browsers tell of a broken policy (portal/safety/reports.py).
POLICY_REPORTS_PATH = "/reports/policy/"

# Nothing from elsewhere, no inline script or style on any page of ours.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
        # To ourselves alone: by the older way and by the newer one (portal/safety/headers.py).
        "report-uri": POLICY_REPORTS_PATH,
        "report-to": "policy",
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
# A deployment behind TLS sets HTTPS=true; `script/run` serves plain HTTP on this machine only.
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
# No script of ours reads a cookie.
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
# A browser takes a cookie of such a name only from this very host, over HTTPS.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}django_language"
MESSAGE_STORAGE = "portal.safety.messages.MessageStorage"
# A session ends after so long without a request in the admin, and in any case after some days.
SESSION_COOKIE_AGE = env.int("SESSION_IDLE_HOURS", default=12) * 3600
SESSION_MAX_HOURS = env.int("SESSION_MAX_HOURS", default=7 * 24)
SECURE_SSL_REDIRECT = HTTPS
# Once told, browsers keep to it. A host whose subdomains are not all HTTPS says false to these.
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31536000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and env.bool("HSTS_INCLUDE_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = HTTPS and env.bool("HSTS_PRELOAD", default=True)
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Whom to tell of a weakness, as `mailto:` or `https:` (RFC 9116); without any there is no
# /.well-known/security.txt.
SECURITY_CONTACT = env.list("SECURITY_CONTACT", default=[])
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# How the portal is watched (portal/watching, docs/operations.md). Nothing personal is logged.
LOG_FORMAT = env.str("LOG_FORMAT", default="line")
#: One line for each request.
LOG_REQUESTS = env.bool("LOG_REQUESTS", default=LOG_FORMAT == "json")
#: Statements of requests that take so many milliseconds are logged, without values; 0 for none.
LOG_SLOW_QUERY_MS = env.int("LOG_SLOW_QUERY_MS", default=1000)
# `/metrics` for Prometheus: for these networks, and for who brings the token.
METRICS = env.bool("METRICS", default=False)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
METRICS_ALLOWED_NETWORKS = env.list("METRICS_ALLOWED_NETWORKS", default=["127.0.0.0/8", "::1/128"])

_FORMATTER = "json_lines.JsonLineFormatter" if LOG_FORMAT == "json" else "logs.LineFormatter"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"told": {"()": f"portal.watching.{_FORMATTER}", "frank": DEBUG}},
    "filters": {"brief": {"()": "portal.safety.logs.Brief"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "told"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "portal.requests": {"level": "INFO"},
        # Who signed in is told whatever else is: by number, without name or address.
        "portal.sign_in": {"level": "INFO"},
        # What was refused stands in the line of its request.
        "django.request": {"level": "ERROR" if LOG_REQUESTS else "WARNING"},
        **{f"django.security.{name}": {"filters": ["brief"]} for name in SUSPICIOUS},
    },
}

env.stop_if_faulty()
