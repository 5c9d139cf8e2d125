"""How the official client meets our refusals: it can tell them apart, and it waits where we ask it to."""

import time

import pytest
from tallyfy import TallyfyError, TallyfySDK

from tests.compat.conftest import Client, said
from tests.support.server import Org, TestServer


def client(org: Org, url: str, *, token: str | None = None, max_retries: int = 0) -> Client:
    return TallyfySDK(api_key=token or org.token, base_url=url, max_retries=max_retries, retry_delay=0.01)


@pytest.mark.parametrize("mount", ["", "/", "/api", "/api/"])
def test_client_works_on_both_mounts(org: Org, mount: str) -> None:
    sdk = client(org, org.server.url + mount)
    assert sdk.get_organization(org.organization_id).id == org.organization_id
    sdk.session.close()


def test_unknown_token(org: Org) -> None:
    sdk = client(org, org.server.url, token="nonsense")
    with pytest.raises(TallyfyError) as failure:
        sdk.get_organization(org.organization_id)
    assert failure.value.status_code == 401
    assert said(failure)["message"] == "Unauthenticated."
    assert failure.value.side_effect_possible is False
    sdk.session.close()


def test_other_organization(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    sdk = client(one, one.server.url)
    with pytest.raises(TallyfyError) as failure:
        sdk.get_organization(other.organization_id)
    assert failure.value.status_code in (403, 404)
    sdk.session.close()


def test_client_waits_when_the_quota_is_used_up(server: TestServer, org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    with server.beside(rate_limit_per_minute=2, rate_limit_per_hour=0) as url:
        sdk = client(org, url, max_retries=1)
        for _ in range(2):
            sdk.get_organization(org.organization_id)
        with pytest.raises(TallyfyError) as failure:
            sdk.create_template(org.organization_id, "Never made")
        sdk.session.close()
    assert failure.value.status_code == 429
    assert failure.value.side_effect_possible is False
    assert len(waited) == 1
    assert 1 <= waited[0] <= 61
    answer = org.http.get("/checklists")
    assert answer.json()["data"] == [], "what was refused was not done"


def test_spaces_and_signs_in_queries_arrive(org: Org) -> None:
    sdk = client(org, org.server.url)
    sdk.create_template(org.organization_id, "Ports & berths + more")
    sdk.create_template(org.organization_id, "Something else")
    found = sdk._make_request("GET", f"organizations/{org.organization_id}/checklists", params={"q": "berths + m"})
    assert [entry["title"] for entry in found["data"]] == ["Ports & berths + more"]
    sdk.session.close()
