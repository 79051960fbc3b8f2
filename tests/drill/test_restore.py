"""The drill of a restore in short: the disk is lost, and what was acknowledged before the backup is there."""

import pytest

from tests.drill.restore import drill


@pytest.mark.mesh
@pytest.mark.timeout(180)
def test_a_mesh_whose_disk_is_lost_comes_back_from_a_backup_made_while_it_worked(tmp_path):
    outcome = drill(portfolios=20, folder=tmp_path)
    assert outcome.violations == []
    assert outcome.before == 20
    assert outcome.kept > 0
