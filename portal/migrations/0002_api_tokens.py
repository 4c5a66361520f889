"""Publishers and administrators issue tokens of the API, change and withdraw them."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

GROUPS = ("Publishers", "Administrators")
CODENAMES = ("add_apitoken", "change_apitoken", "view_apitoken")


def grant(apps, schema_editor):
    # Django makes permissions after all migrations; the groups need them now.
    config = apps.get_app_config("limits")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    permissions = Permission.objects.filter(
        content_type__app_label="limits", codename__in=CODENAMES
    )
    # A team may have taken a group away.
    for group in Group.objects.filter(name__in=GROUPS):
        group.permissions.add(*permissions)


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0001_groups"),
        ("limits", "0001_tokens_and_windows"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
