"""A directory with as many tenants as one likes, made inside the database."""

from django.db import connection

# Names and addresses share their beginnings, as real ones do; every tenth tenant has two order numbers.
_TENANTS = """
    INSERT INTO dashboard_tenant (reference, user_id, likeness, email, display_name, first_seen_at)
    SELECT upper(substr(md5(n::text), 1, 12)), 'crowd-' || n, encode(sha256(('crowd-' || n)::bytea), 'hex'),
           'person' || n || '@mail' || n %% 7 || '.example',
           (ARRAY['Ana', 'Bo', 'Chi', 'Dee'])[n %% 4 + 1] || ' Number ' || n, now()
    FROM generate_series(1, %s) AS n ON CONFLICT DO NOTHING
"""
_REFERENCES = """
    INSERT INTO dashboard_externalreference (tenant_id, value)
    SELECT id, 'ORDER-' || id || '-' || part FROM dashboard_tenant, generate_series(1, 2) AS part WHERE id % 10 = 0
"""


def fill_directory(tenants: int) -> None:
    """Make this many tenants, ``crowd-1`` and so on, and let the planner know."""
    with connection.cursor() as cursor:
        cursor.execute(_TENANTS, [tenants])
        cursor.execute(_REFERENCES)
        cursor.execute("ANALYZE dashboard_tenant, dashboard_externalreference")
