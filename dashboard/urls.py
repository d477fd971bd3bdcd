"""URLs of the desk. None carries personal data: tenants are addressed by reference, look-ups are POSTed."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from dashboard.views import (
    audit,
    browsing,
    bulk,
    certificates,
    deletions,
    flags,
    ghosts,
    health,
    holds,
    home,
    intakes,
    keys,
    lookup,
    mentions,
    one_memory,
    privacy_requests,
    purposes,
    rectifications,
    request_steps,
    restrictions,
    searching,
)
from dashboard.views.your_data import asked, changing, downloading, entering, looking, proving, reading, taking_in


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
    path("tenants/<reference:reference>/purpose/", purposes.state_purpose, name="state-purpose"),
    path("tenants/<reference:reference>/purpose/end/", purposes.end_purpose, name="end-purpose"),
    path("tenants/<reference:reference>/", browsing.browse_memories, name="browse-memories"),
    path("tenants/<reference:reference>/overview/", browsing.show_overview, name="show-overview"),
    path("tenants/<reference:reference>/filter/", browsing.filter_memories, name="filter-memories"),
    path("tenants/<reference:reference>/columns/", browsing.choose_columns, name="choose-columns"),
    path("tenants/<reference:reference>/search/", searching.search_memories, name="search-memories"),
    path("tenants/<reference:reference>/found/", searching.show_matches, name="show-matches"),
    path(
        "tenants/<reference:reference>/memories/<str:memory_id>/similar/", searching.show_similar, name="show-similar"
    ),
    # One memory.
    path("tenants/<reference:reference>/memories/<str:memory_id>/", one_memory.show_memory, name="show-memory"),
    path(
        "tenants/<reference:reference>/memories/<str:memory_id>/reveal/<int:part>/",
        one_memory.reveal_part,
        name="reveal-part",
    ),
    path(
        "tenants/<reference:reference>/memories/<str:memory_id>/rectify/",
        rectifications.rectify_memory,
        name="rectify-memory",
    ),
    path(
        "tenants/<reference:reference>/memories/<str:memory_id>/rectify/save/",
        rectifications.save_rectification,
        name="save-rectification",
    ),
    path(
        "tenants/<reference:reference>/rectifications/<uuid:event_id>/",
        rectifications.show_rectification,
        name="show-rectification",
    ),
    path(
        "tenants/<reference:reference>/memories/<str:memory_id>/restrict/",
        restrictions.restrict_memory,
        name="restrict-memory",
    ),
    path(
        "tenants/<reference:reference>/memories/<str:memory_id>/lift/",
        restrictions.lift_restriction,
        name="lift-restriction",
    ),
    path(
        "tenants/<reference:reference>/memories/<str:memory_id>/delete/", one_memory.delete_memory, name="delete-memory"
    ),
    # Deletions.
    path("tenants/<reference:reference>/deletions/check/", deletions.check_deletion, name="check-deletion"),
    path("tenants/<reference:reference>/deletions/chosen/", deletions.show_chosen, name="show-chosen"),
    path("tenants/<reference:reference>/deletions/new/", deletions.delete_memories, name="delete-memories"),
    path("tenants/<reference:reference>/deletions/<uuid:event_id>/", deletions.show_deletion, name="show-deletion"),
    # Privacy requests.
    path("requests/", privacy_requests.list_requests, name="list-requests"),
    path("tenants/<reference:reference>/requests/new/", privacy_requests.open_request, name="open-request"),
    path("requests/<uuid:request_id>/", privacy_requests.show_request, name="show-request"),
    path("requests/<uuid:request_id>/progress/", privacy_requests.show_progress, name="show-progress"),
    path("requests/<uuid:request_id>/submit/", request_steps.submit_erasure, name="submit-erasure"),
    path("requests/<uuid:request_id>/preview/", request_steps.preview_erasure, name="preview-erasure"),
    path("requests/<uuid:request_id>/approve/", request_steps.approve_erasure, name="approve-erasure"),
    path("requests/<uuid:request_id>/refuse/", request_steps.refuse_request, name="refuse-request"),
    path("requests/<uuid:request_id>/cancel/", request_steps.cancel_request, name="cancel-request"),
    path("requests/<uuid:request_id>/resume/", request_steps.resume_erasure, name="resume-erasure"),
    path("requests/<uuid:request_id>/doubt-identity/", request_steps.doubt_identity, name="doubt-identity"),
    path("requests/<uuid:request_id>/confirm-identity/", request_steps.confirm_identity, name="confirm-identity"),
    path("requests/<uuid:request_id>/extend/", request_steps.extend_deadline, name="extend-deadline"),
    path("requests/<uuid:request_id>/fulfil/", request_steps.fulfil_request, name="fulfil-request"),
    path("requests/<uuid:request_id>/mentions/", mentions.find_mentions, name="find-mentions"),
    path("requests/<uuid:request_id>/mentions/<int:mention_id>/", mentions.decide_mention, name="decide-mention"),
    # Requests without an account that belong to nobody yet.
    path("intakes/", intakes.list_intakes, name="list-intakes"),
    path("intakes/<uuid:intake_id>/route/", intakes.route_intake, name="route-intake"),
    path("intakes/<uuid:intake_id>/close/", intakes.close_intake, name="close-intake"),
    # Holds on one person's erasure.
    path("tenants/<reference:reference>/holds/", holds.list_holds, name="list-holds"),
    path("tenants/<reference:reference>/holds/place/", holds.place_hold, name="place-hold"),
    path("tenants/<reference:reference>/holds/<uuid:hold_id>/release/", holds.release_hold, name="release-hold"),
    # Many erasures from one list.
    path("bulk/", bulk.upload_bulk, name="upload-bulk"),
    path("bulk/open/", bulk.open_bulk, name="open-bulk"),
    path("bulk/<uuid:bulk_id>/", bulk.show_bulk, name="show-bulk"),
    path("bulk/<uuid:bulk_id>/approve/", bulk.approve_bulk, name="approve-bulk"),
    path("bulk/<uuid:bulk_id>/report/", bulk.download_bulk_report, name="download-bulk-report"),
    # History that belongs to nobody.
    path("ghosts/", ghosts.list_ghosts, name="list-ghosts"),
    path("ghosts/purges/", ghosts.ask_for_ghost_purge, name="ask-for-ghost-purge"),
    path("ghosts/purges/<uuid:purge_id>/approve/", ghosts.approve_ghost_purge, name="approve-ghost-purge"),
    path("ghosts/purges/<uuid:purge_id>/reject/", ghosts.reject_ghost_purge, name="reject-ghost-purge"),
    # Certificates of erasure; the last two are for everybody.
    path("certificates/<uuid:certificate_id>/", certificates.show_certificate, name="show-certificate"),
    path(
        "certificates/<uuid:certificate_id>/download/", certificates.download_certificate, name="download-certificate"
    ),
    path("verify/", certificates.verify_certificate, name="verify-certificate"),
    path("verify/script/", certificates.download_certificate_verifier, name="download-certificate-verifier"),
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
    # The person's own pages. None names a tenant: whose memories they show, follows from the visit alone.
    path("your-data/enter", entering.enter_your_data, name="enter-your-data"),
    path("your-data/enter/refused", entering.show_refusal, name="show-refusal"),
    path("your-data/leave", entering.leave_your_data, name="leave-your-data"),
    path("your-data/language", entering.choose_language, name="choose-language"),
    path("your-data/brand.css", entering.show_brand_colours, name="show-brand-colours"),
    path("your-data/logo", entering.show_brand_logo, name="show-brand-logo"),
    path("your-data/", reading.show_your_data, name="show-your-data"),
    path("your-data/search/", reading.search_your_data, name="search-your-data"),
    path("your-data/found/", reading.show_hits, name="show-hits"),
    path("your-data/memories/<str:memory_id>/", reading.show_your_memory, name="show-your-memory"),
    path("your-data/memories/<str:memory_id>/correct/", changing.correct_memory, name="correct-memory"),
    path("your-data/memories/<str:memory_id>/correct/save/", changing.save_correction, name="save-correction"),
    path("your-data/memories/<str:memory_id>/ask/", changing.ask_about_memory, name="ask-about-memory"),
    path("your-data/memories/<str:memory_id>/forget/", changing.forget_memory, name="forget-memory"),
    path("your-data/memories/<str:memory_id>/stop-using/", changing.stop_using_memory, name="stop-using-memory"),
    path("your-data/memories/<str:memory_id>/use-again/", changing.use_memory_again, name="use-memory-again"),
    path("your-data/results/<uuid:event_id>/", changing.show_your_result, name="show-your-result"),
    path("your-data/forget-everything/", asked.forget_everything, name="forget-everything"),
    path("your-data/requests/<uuid:request_id>/", asked.show_your_request, name="show-your-request"),
    path("your-data/requests/<uuid:request_id>/progress/", asked.show_your_progress, name="show-your-progress"),
    path("your-data/requests/<uuid:request_id>/withdraw/", asked.withdraw_request, name="withdraw-request"),
    path("your-data/requests/<uuid:request_id>/try-again/", asked.try_request_again, name="try-request-again"),
    path("your-data/who-looked/", looking.list_looks, name="list-looks"),
    path("your-data/download/", downloading.download_your_data, name="download-your-data"),
    path("your-data/download/progress/", downloading.show_export, name="show-export"),
    path("your-data/download/file/", downloading.fetch_export, name="fetch-export"),
    path("your-data/ask/", taking_in.ask_without_account, name="ask-without-account"),
    path("your-data/ask/code/", taking_in.confirm_intake, name="confirm-intake"),
    path("your-data/certificates/<uuid:certificate_id>/", proving.show_your_certificate, name="show-your-certificate"),
    path(
        "your-data/certificates/<uuid:certificate_id>/download/",
        proving.download_your_certificate,
        name="download-your-certificate",
    ),
    # For machines.
    path("health/", health.show_health, name="show-health"),
    path("metrics/", health.show_metrics, name="show-metrics"),
]
