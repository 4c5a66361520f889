"""Accounts in the admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

from portal.accounts.models import User


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    show_full_result_count = False
