"""The pages of imports: a file is brought, rehearsed, shown row by row and written."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from portal.exchange.formats.template import template
from portal.exchange.foundations import present_codes
from portal.imports import steps, uploads
from portal.imports.files import FileGoneError
from portal.imports.forms import UploadForm
from portal.imports.models import ImportRun
from portal.imports.report import WORKBOOK, faults_of, page_of
from portal.records import roles
from portal.records.database import Database, database_for, databases

#: Two ways to leave with what is wrong, by the end of the file's name.
FAULTS = ("xlsx", "csv")


def database_of(slug: str) -> Database:
    """The database of that slug, or no page."""
    try:
        return database_for(slug)
    except LookupError as error:
        raise Http404 from error


@admin.register(ImportRun)
class ImportRunAdmin(admin.ModelAdmin):
    """A list of one's own imports, and of all for those who publish; each with its page."""

    list_display = ("file_name", "to", "user", "created_at", "stage", "total", "shown_why")
    list_filter = ("stage",)
    list_select_related = ("user",)
    list_per_page = 50
    show_full_result_count = False
    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return any(roles.may_add(request.user, database.model) for database in databases())
        own = obj.user_id is not None and obj.user_id == request.user.pk
        return own or roles.may_publish_others(request.user, obj.where.model)

    def has_add_permission(self, request: HttpRequest) -> bool:
        # A file is brought from the list of the records that it holds.
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether somebody may take an import further: it is judged by the rights of one person."""
        if obj is None:
            return False
        own = obj.user_id is not None and obj.user_id == request.user.pk
        return own and roles.may_add(request.user, obj.where.model)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        view = self.has_view_permission(request)
        return {"add": False, "change": False, "delete": False, "view": view}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        seen = [
            database.slug
            for database in databases()
            if roles.may_publish_others(request.user, database.model)
        ]
        own = Q(user=request.user.pk)
        return super().get_queryset(request).filter(own | Q(database__in=seen))

    @admin.display(description=gettext_lazy("database"), ordering="database")
    def to(self, run: ImportRun) -> str:
        return str(run.where.title)

    @admin.display(description=gettext_lazy("why"))
    def shown_why(self, run: ImportRun) -> SafeString:
        return format_html("{}", run.why or "–")

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        bring = csrf_exempt(wrap(csrf_exempt(self.bring)))
        return [
            path("new/<slug:slug>/", bring, name="imports_importrun_new"),
            path(
                "template/<slug:slug>.xlsx",
                wrap(self.template_of),
                name="imports_importrun_template",
            ),
            path("<int:pk>/step/", wrap(self.step), name="imports_importrun_step"),
            path("<int:pk>/write/", wrap(self.write), name="imports_importrun_write"),
            path("<int:pk>/cancel/", wrap(self.cancel), name="imports_importrun_cancel"),
            path("<int:pk>/faults.<slug:kind>", wrap(self.faults), name="imports_importrun_faults"),
            *super().get_urls(),
        ]

    def bring(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The page on which a file is brought.

        How much of an upload is kept has to be said before anything looks into the request, and
        so before the check against forgery: this view does without it, and the next one has it.
        """
        database = database_of(slug)
        if not roles.may_add(request.user, database.model):
            raise PermissionDenied
        request.upload_handlers = [uploads.BoundedUpload(request)]
        return self._bring(request, database)

    @method_decorator(csrf_protect)
    def _bring(self, request: HttpRequest, database: Database) -> HttpResponse:
        if request.method == "POST":
            files = request.FILES
            form = UploadForm(
                database, request.POST, files, is_too_large=uploads.is_too_large(request)
            )
            if form.is_valid():
                return HttpResponseRedirect(self._page(form.kept(request.user)))
        else:
            form = UploadForm(database)
        context = {"form": form, "database": database, "records": database.model._meta}
        return self._render(request, "bring", _("Import"), context)

    def template_of(self, request: HttpRequest, slug: str) -> HttpResponse:
        database = database_of(slug)
        if not roles.may_add(request.user, database.model):
            raise PermissionDenied
        content = template(database, present_codes())
        return _download(content, WORKBOOK, f"{database.slug}-template.xlsx")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        run = self._run(request, object_id)
        context = {
            **page_of(run, request),
            "may_act": self.has_change_permission(request, run),
            "stages": ImportRun.Stage,
        }
        return self._render(request, "run", str(run), context)

    @method_decorator(require_POST)
    def step(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take the run further by what fits into a few seconds."""
        run = self._run(request, pk, acting=True)
        fault = ""
        try:
            run = steps.advance(run, request.user)
        except FileGoneError as error:
            fault = str(error)
        if "application/json" in request.headers.get("Accept", ""):
            said = {"stage": run.stage, "going": run.is_going and not fault, "error": fault}
            return JsonResponse({**said, "done": run.done, "total": run.total})
        if fault:
            messages.error(request, fault)
        return HttpResponseRedirect(self._page(run))

    @method_decorator(require_POST)
    def write(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self._run(request, pk, acting=True)
        try:
            steps.begin_writing(run, only_sound=request.POST.get("only_sound") == "yes")
        except steps.NotNowError as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(self._page(run))

    @method_decorator(require_POST)
    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self._run(request, pk, acting=True)
        try:
            steps.cancel(run)
            messages.success(request, _("The import is cancelled."))
        except steps.NotNowError as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(self._page(run))

    def faults(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        """What is wrong, by sheet, row and column, to be mended beside the file."""
        run = self._run(request, pk)
        if kind not in FAULTS:
            raise Http404
        content, media_type = faults_of(run, kind)
        return _download(content, media_type, f"faults-{run.pk}.{kind}")

    def _run(self, request: HttpRequest, pk: Any, *, acting: bool = False) -> ImportRun:
        """A run that somebody may see, or act on."""
        if not str(pk).isdecimal() or len(str(pk)) > 18:
            raise Http404
        run = ImportRun.objects.select_related("user").filter(pk=pk).first()
        if run is None:
            raise Http404
        allowed = self.has_change_permission if acting else self.has_view_permission
        if not allowed(request, run):
            raise PermissionDenied
        return run

    def _page(self, run: ImportRun) -> str:
        return reverse("admin:imports_importrun_change", args=[run.pk])

    def _render(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        whole = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            **context,
        }
        return render(request, f"admin/imports/{name}.html", whole)


def _download(content: bytes, media_type: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=media_type, headers=headers)
