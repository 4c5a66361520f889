"""The settings of the REST API: they are of the portal, and no deployment changes them."""

from __future__ import annotations

from portal.rest.paths import FROM_ANY_ORIGIN

# Scripts of any page may read what everybody may read. No cookie is ever taken from there.
CORS_URLS_REGEX = FROM_ANY_ORIGIN
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_METHODS = ("GET", "HEAD", "OPTIONS")
CORS_ALLOW_HEADERS = (
    *("accept", "accept-language", "authorization"),
    *("if-none-match", "if-modified-since"),
)
CORS_EXPOSE_HEADERS = (
    *("ETag", "Last-Modified", "RateLimit", "RateLimit-Policy", "Retry-After"),
    *("Link", "Content-Disposition", "Deprecation", "Sunset"),
)

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "portal.rest.negotiation.FormatNegotiation",
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    # Public and read-only: without authentication no session or user is ever looked up.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # `format` is read by the views, which refuse what they do not know.
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "portal.rest.problems.problem_response",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Smuggling of Migrants Knowledge Portal",
    "DESCRIPTION": (
        "Court cases, national laws and literature on the smuggling of migrants. Read-only and "
        "open to all. Texts and selection: CC BY 4.0. A parameter that the portal does not know "
        "is answered with 400 and the list of those it knows (RFC 9457)."
    ),
    "VERSION": "1.0",
    "OAS_VERSION": "3.1.1",
    "LICENSE": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SORT_OPERATION_PARAMETERS": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.rest.document.with_manners",
        "portal.api.document.with_contents",
    ],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "Gives more requests a minute; without one the API is open to all.",
            }
        }
    },
}
