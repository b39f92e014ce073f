from django.contrib import admin

from apps.artifacts.models import MultipartUpload, StoredObject, UploadPart
from apps.events.admin import ReadOnly


@admin.register(StoredObject)
class StoredObjectAdmin(ReadOnly):
    list_display = ("bucket", "key", "account", "size", "is_latest", "created_at")
    list_filter = ("is_latest",)
    list_select_related = ("account",)
    search_fields = ("key", "sha256")
    show_full_result_count = False


@admin.register(MultipartUpload)
class MultipartUploadAdmin(ReadOnly):
    list_display = ("bucket", "key", "account", "created_at", "completed_version_id")
    list_select_related = ("account",)
    show_full_result_count = False


@admin.register(UploadPart)
class UploadPartAdmin(ReadOnly):
    list_display = ("upload", "number", "size", "created_at")
    list_select_related = ("upload",)
    show_full_result_count = False
