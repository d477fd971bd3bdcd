"""Writing what a made-up person said, to rehearse an erasure on the store as it is."""

from memadmin.memory.connect import Connection
from memadmin.memory.identity import UserId
from memadmin.memory.sample import Conversation


def remember(connection: Connection, user_id: str, conversation: Conversation) -> None:
    """Remember a conversation in every place that this store has.

    A mem0 OSS store gets vectors, entities, history and messages as from an agent; the hosted platform gets the
    facts as plain texts. Where a fact has a correction, the memory is updated, so that the history keeps the old one.

    Raises:
        InvalidUserId. StoreUnavailable, StoreError: as any other call to the store.
    """
    from memadmin.memory.stores import seeding  # noqa: PLC0415 - configured stores only
    from memadmin.memory.stores.mem0_oss import Mem0OssStore  # noqa: PLC0415

    store = connection._store  # noqa: SLF001 - a scope cannot replay a conversation
    if isinstance(store, Mem0OssStore):
        seeding.replay(store, UserId.parse(user_id), conversation)
        return
    scope = connection.scope(user_id)
    for fact in conversation.facts:
        added = scope.add(fact.text, agent_id=conversation.agent_id, run_id=conversation.run_id)
        if fact.corrected_to and added.ids:
            scope.update(added.ids[0], fact.corrected_to)
