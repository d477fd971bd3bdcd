"""URLs of the desk. None carries personal data: tenants are addressed by reference, look-ups are POSTed."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from dashboard.views import audit, deletions, flags, home, keys, lookup, memories


class ReferenceConverter(StringConverter):
    """A tenant's reference, in either case."""

    regex = "[0-9A-Za-z-]{12}"

    def to_python(self, value: str) -> str:
        return value.upper()


class DigestConverter(StringConverter):
    """A keyed digest of a user_id; anything else in its place could be a user_id and would be recorded."""

    regex = "[0-9a-f]{64}"


register_converter(ReferenceConverter, "reference")
register_converter(DigestConverter, "digest")

urlpatterns = [
    # Where sign-in leads.
    path("", home.show_home, name="show-home"),
    # Find a person.
    path("find/", lookup.find_tenant, name="find-tenant"),
    # One person's memories.
    path("tenants/<reference:reference>/", memories.browse_memories, name="browse-memories"),
    path("tenants/<reference:reference>/search/", memories.search_memories, name="search-memories"),
    path("tenants/<reference:reference>/memories/<str:memory_id>/", memories.show_memory, name="show-memory"),
    path(
        "tenants/<reference:reference>/memories/<str:memory_id>/delete/", memories.delete_memory, name="delete-memory"
    ),
    # Deletions.
    path("tenants/<reference:reference>/delete-all/", deletions.delete_all_memories, name="delete-all-memories"),
    path("tenants/<reference:reference>/deletions/<uuid:event_id>/", deletions.show_deletion, name="show-deletion"),
    # The audit log.
    path("audit/", audit.list_audit_events, name="list-audit-events"),
    path("audit/filter/", audit.filter_audit_events, name="filter-audit-events"),
    path("audit/people/<digest:digest>/", audit.show_tenant_timeline, name="show-tenant-timeline"),
    path("audit/requests/<uuid:request_id>/", audit.show_request_timeline, name="show-request-timeline"),
    path("audit/export/", audit.export_audit_events, name="export-audit-events"),
    path("audit/verifier/", audit.download_audit_verifier, name="download-audit-verifier"),
    path("audit/flags/", flags.list_flags, name="list-flags"),
    path("audit/flags/<uuid:flag_id>/review/", flags.review_flag, name="review-flag"),
    path(".well-known/memadmin-keys.json", keys.publish_keys, name="publish-keys"),
]
