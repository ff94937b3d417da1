"""What the ledger tells of keeps its name; what it does not yet tell of may still get another."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.lifecycle.living import fitted, living, write_project

from modelwright import connect
from modelwright.errors import UsageError


def renamed(file: Path) -> Path:
    text = file.read_text().replace('Endpoint("api", ', 'Endpoint("api-two", renamed_from="api", ')
    file.write_text(text)
    return file


@pytest.mark.timeout(240)
def test_an_endpoint_with_a_history_keeps_its_name(tmp_path: Path) -> None:
    file = write_project(tmp_path)
    with living(file) as client:
        client.promote(*fitted(client, {})).wait(timeout=60)
        count = len(client.ledger.stream("endpoint/api").events())
        other = connect(renamed(file))
        for ask in (other.plan, other.up):
            with pytest.raises(UsageError, match=f"api cannot become api-two: .+ in {count} decisions") as refused:
                ask()
            assert "keep the name api" in str(refused.value.remedy)
        assert client.status().resource("api").state == "live"
        write_project(tmp_path)  # the way back


def test_an_endpoint_without_a_history_may_be_renamed_and_keeps_its_token(tmp_path: Path) -> None:
    file = write_project(tmp_path)
    with living(file) as client:
        token = Path(client.outputs()["api"]["token_file"]).read_text()
        other = connect(renamed(file))
        other.up()
        assert Path(other.outputs()["api-two"]["token_file"]).read_text() == token
