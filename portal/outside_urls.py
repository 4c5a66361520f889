"""The addresses of visitors for whom there is no admin (portal/safety/gate.py)."""

from portal.urls import handler500, public

__all__ = ["handler500", "urlpatterns"]

urlpatterns = public
