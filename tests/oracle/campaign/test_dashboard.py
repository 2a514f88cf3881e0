"""The address of dask's dashboard is printed where one answers, and nowhere else."""

from pathlib import Path

import pytest
from distributed import LocalCluster

from telltale_conformance.oracle.campaign.cluster import cluster_of
from telltale_conformance.oracle.campaign.live import shown
from telltale_conformance.oracle.campaign.standing import Standing
from tests.oracle.campaign.campaign_world import campaign_in, small_tasks

__all__ = ["small_tasks"]


@pytest.mark.parametrize("served", [True, False])
def test_the_dashboard_of_a_scheduler_is_named_where_it_has_one(
    served: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setattr("telltale_conformance.oracle.campaign.cluster.PAGE_SECONDS", 60.0)  # a busy machine is slow
    with (
        campaign_in(tmp_path / "c") as campaign,
        LocalCluster(
            n_workers=0,
            processes=False,
            host="127.0.0.1",
            protocol="tcp",
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": served},
        ) as local,
        cluster_of(campaign.setup, str(local.scheduler_address), 1, None) as cluster,
    ):
        dashboard = cluster.dashboard
        with shown(Standing(), dashboard, None):
            pass
    said = capsys.readouterr().err
    if served:
        assert dashboard is not None
        assert said == f"telltale-conformance: dask's dashboard is at {dashboard}\n"
    else:
        assert dashboard is None
        assert said == ""
