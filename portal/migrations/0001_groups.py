"""The groups that a team begins with; what each permission allows is in `portal.records.roles`."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

RECORDS = {
    "caselaw": ("case", "Case law"),
    "legislation": ("law", "Legislation"),
    "bibliography": ("work", "Bibliography"),
}
REFERENCE = (
    "jurisdiction", "process", "region", "term", "thesaurusentry", "treatyarticle",
    "treatystatus", "vocabulary",
)
VIEWED = {
    *(f"reference.view_{model}" for model in REFERENCE),
    *("records.view_redirect", "links.view_address"),
}
ALL_OF_A_RECORD = ("add", "change", "delete", "view", "publish", "publish_own", "withdraw")


def of_records(*actions):
    return {
        f"{app}.{action}_{model}" for app, (model, _title) in RECORDS.items() for action in actions
    }


def groups():
    """Of each group, its permissions."""
    wanted = {"Contributors": of_records("add", "view") | VIEWED}
    for app, (model, title) in RECORDS.items():
        own = {f"{app}.{action}_{model}" for action in ("add", "change", "publish")}
        wanted[f"Editors: {title}"] = own | of_records("view") | VIEWED | {"links.change_address"}
    redirects = {f"records.{action}_redirect" for action in ("add", "change", "delete", "view")}
    links = {"links.change_address"}
    wanted["Publishers"] = of_records(*ALL_OF_A_RECORD) | VIEWED | redirects | links
    whole = {
        f"{app}.{action}_{model}"
        for app, models in {
            "reference": (*REFERENCE, "processsource", "processmembership", "treatystatussource"),
            "accounts": ("user",),
            "auth": ("group",),
        }.items()
        for model in models
        for action in ("add", "change", "delete", "view")
    }
    wanted["Administrators"] = wanted["Publishers"] | whole
    return wanted


def make(apps, schema_editor):
    # Django makes permissions after all migrations; the groups need them now.
    for config in list(apps.get_app_configs()):
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    known = {
        f"{app}.{codename}": key
        for key, app, codename in Permission.objects.values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    for name, wanted in groups().items():
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.add(*(known[permission] for permission in sorted(wanted)))


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("accounts", "0001_initial"),
        ("reference", "0002_search_deepened"),
        ("records", "0001_initial"),
        ("links", "0001_initial"),
        ("caselaw", "0002_entered_by"),
        ("legislation", "0002_entered_by"),
        ("bibliography", "0002_entered_by"),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
