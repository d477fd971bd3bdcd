"""Staff and tenants for tests."""

import factory
from django.contrib.auth.models import Group

from dashboard.models import Staff, Tenant
from dashboard.roles import Role

PASSWORD = "correct horse battery staple"


class StaffFactory(factory.django.DjangoModelFactory[Staff]):
    """A member of staff: ``StaffFactory(role=Role.SUPPORT)``; the password is ``PASSWORD``."""

    class Meta:
        model = Staff
        skip_postgeneration_save = True

    username = factory.Sequence(lambda number: f"staff{number}")
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def role(self, create: bool, role: Role | None, **_: object) -> None:  # noqa: FBT001 - factory-boy's signature
        if create and role is not None:
            self.groups.add(Group.objects.get_or_create(name=role.value)[0])


class TenantFactory(factory.django.DjangoModelFactory[Tenant]):
    """A tenant in the directory; the store knows nothing of it until somebody writes."""

    class Meta:
        model = Tenant

    user_id = factory.Sequence(lambda number: f"u_tenant{number}")
