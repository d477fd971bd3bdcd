"""``ErasureScope``: the right to erase one tenant, piece by piece, so that a crash anywhere can be resumed.

>>> scope = connect().scope_for_erasure("u_alice")
>>> found = scope.holdings()
>>> for start in range(0, len(found.memory_ids), 1_000):
...     scope.erase(found.memory_ids[start : start + 1_000])
>>> scope.erase_rest()
"""

from collections.abc import Collection, Mapping, Sequence

from memadmin.memory.identity import UserId
from memadmin.memory.records import Holdings, Place, Removal
from memadmin.memory.scoped import ScopedMemory
from memadmin.memory.stores.base import Store


class ErasureScope(ScopedMemory):
    """One tenant's memories, to be erased for good. Got only from :meth:`Connection.scope_for_erasure`.

    Nothing here looks whether it worked: that is for :meth:`residue`, with the ids that were pinned before. Where
    :attr:`Holdings.untold` was not 0, a clean history is not to be believed (``Residue.doubting``).

    Args:
        user_id: whose memories; see :class:`memadmin.memory.identity.UserId` for what is refused.
        store: where they are kept.

    Raises:
        InvalidUserId: the user_id cannot name exactly one tenant.
    """

    __slots__ = ("__owner", "__store")
    __owner: UserId
    __store: Store

    def __init__(self, user_id: str, *, store: Store) -> None:
        super().__init__(user_id, store=store)
        object.__setattr__(self, "_ErasureScope__owner", UserId.parse(user_id))
        object.__setattr__(self, "_ErasureScope__store", store)

    def holdings(self) -> Holdings:
        """What there is now: the ids to erase, and rows per place, oldest, newest, agents for the preview."""
        return self.__store.holdings(self.__owner)

    def erase(self, memory_ids: Sequence[str]) -> Mapping[Place, int]:
        """Remove the history and the vectors of these memories; chat and entities stay for :meth:`erase_rest`.

        Touches only ids that are this tenant's or nobody's (any more). Doing it twice is the same as doing it
        once, also when the first time broke off between the places.

        Args:
            memory_ids: a batch, best about 1,000; they need not be UUIDs nor exist.

        Returns:
            rows removed per place, in this call.

        Raises:
            StoreUnavailable: the store or its history file does not answer; what was removed stays removed, so
                do the same call again. StoreError: the store breaks its contract.
        """
        return self.__store.erase(self.__owner, list(memory_ids))

    def erase_rest(self) -> Removal:
        """Remove chat, entities and whatever was written meanwhile: everything of this tenant, everywhere.

        Returns:
            rows removed per place and the ids they belonged to, which :meth:`residue` wants to know too. With
            ``queued`` (hosted platform) the store only promised it.

        Raises:
            StoreUnavailable, StoreError: as :meth:`erase`.
        """
        return self.__store.delete_all(self.__owner)

    def second_look(self, memory_ids: Collection[str]) -> Mapping[Place, int]:
        """What is still found by means that share nothing with the deletion: see ``stores/second_look.py``.

        Args:
            memory_ids: that were erased.

        Returns:
            rows per place; empty where the store offers no other way to look.

        Raises:
            StoreUnavailable, StoreError: nothing was looked at.
        """
        return self.__store.second_look(self.__owner, memory_ids)
