"""The addresses of visitors for whom there is no admin (portal/safety/gate.py)."""

from portal.urls import handler400, handler500, public

__all__ = ["handler400", "handler500", "urlpatterns"]

urlpatterns = public
