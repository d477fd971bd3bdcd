"""Loading the sample into the configured store, through mem0."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from memadmin.memory.connect import Connection
from memadmin.memory.identity import UserId
from memadmin.memory.sample import Conversation, SampleTenant
from memadmin.memory.scoped import ScopedMemory
from memadmin.memory.stores.base import Store


def load(
    connection: Connection,
    tenants: Sequence[SampleTenant],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Store every tenant's conversations; what a tenant has already is erased before.

    Whether to load at all is the caller's decision: a run that was interrupted is simply repeated.

    Args:
        connection: where to. A mem0 OSS store gets vectors, entities, history and messages as from an agent;
            the hosted platform gets the facts as plain texts, dated to now.
        progress: called after each tenant with memories stored so far and memories in all.

    Returns:
        number of memories stored, or accepted by the hosted platform.

    Raises:
        StoreUnavailable, StoreError: the store does not answer or breaks its contract.
    """
    total = sum(tenant.size for tenant in tenants)
    done = 0
    with _remembering(connection._store) as remember:  # noqa: SLF001 - a scope cannot replay a conversation
        for tenant in tenants:
            scope = connection.scope(tenant.user_id)
            if scope.count():  # mem0 writes the vectors first, so they tell of an interrupted run
                scope.delete_all()
            for conversation in tenant.conversations:
                done += remember(scope, UserId.parse(tenant.user_id), conversation)
            if progress:
                progress(done, total)
    return done


@contextmanager
def _remembering(store: Store) -> Iterator[Callable[[ScopedMemory, UserId, Conversation], int]]:
    """How this store takes a conversation; answers with the number of memories."""
    from memadmin.memory.stores import seeding  # noqa: PLC0415 - configured stores only
    from memadmin.memory.stores.mem0_oss import Mem0OssStore  # noqa: PLC0415

    if not isinstance(store, Mem0OssStore):
        yield lambda scope, _owner, conversation: _add_plainly(scope, conversation)
        return
    with seeding.bulk(store):
        yield lambda _scope, owner, conversation: len(seeding.replay(store, owner, conversation))


def _add_plainly(scope: ScopedMemory, conversation: Conversation) -> int:
    for fact in conversation.facts:
        added = scope.add(
            fact.text,
            infer=False,
            metadata=conversation.metadata,
            agent_id=conversation.agent_id,
            run_id=conversation.run_id,
            expires_on=conversation.expires_on,
        )
        if fact.corrected_to and added.ids and not added.pending:
            scope.update(added.ids[0], fact.corrected_to)
    return len(conversation.facts)
