from services.marketdata.domain.dataset import Caller, Visibility, is_id
from tests.marketdata.builders import OWNER, STRANGER, dataset

COLLEAGUE = Caller(STRANGER.user_id, OWNER.tenant_id)


def test_a_private_dataset_is_seen_by_its_tenant_alone_and_written_by_its_owner_alone():
    private = dataset(visibility=Visibility.PRIVATE)
    assert private.visible_to(OWNER)
    assert private.visible_to(COLLEAGUE)
    assert not private.visible_to(STRANGER)
    assert private.owned_by(OWNER)
    assert not private.owned_by(COLLEAGUE)


def test_a_shared_dataset_is_seen_by_everyone_and_written_by_its_owner_alone():
    shared = dataset(visibility=Visibility.SHARED)
    assert shared.visible_to(STRANGER)
    assert not shared.owned_by(STRANGER)


def test_an_id_is_told_from_a_name_by_its_form():
    assert is_id(dataset().id)
    assert not is_id("sp500")
    assert not is_id("01987f6c-0000-7000-8000")
