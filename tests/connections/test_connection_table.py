import subprocess
import sys
from types import SimpleNamespace

import pytest

from odibi_nb.config import LocalConnectionConfig
from odibi_nb.connections import LocalConnection, connect
from odibi_nb.exceptions import ConnectionError  # noqa: A004


def test_a_model_of_the_dialect_makes_its_connection(tmp_path):
    made = connect("lake", LocalConnectionConfig(base_path="data"), tmp_path)
    assert isinstance(made, LocalConnection)
    assert (made.name, made.get_path("x")) == ("lake", str(tmp_path / "data" / "x"))


def test_a_connection_made_by_hand_is_used_as_it_is(tmp_path):
    by_hand = LocalConnection(tmp_path)
    assert connect("lake", by_hand, tmp_path / "elsewhere") is by_hand
    assert by_hand.name == "lake"


def test_an_unknown_type_suggests(tmp_path):
    model = SimpleNamespace(model_dump=lambda: {"type": "locale"})
    with pytest.raises(ConnectionError, match="did you mean 'local'"):
        connect("lake", model, tmp_path)


def test_connections_load_no_heavy_module():
    heavy = {"pandas", "duckdb", "pyarrow", "pydantic"}
    code = f"import sys, odibi_nb.connections as c; c.LocalConnection; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_installed_plug_in_is_a_connection_type(tmp_path):
    (tmp_path / "vault.py").write_text(
        "from odibi_nb.connections import LocalConnection\nclass Vault(LocalConnection):\n    pass\n"
    )
    info = tmp_path / "vault-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vault\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[odibi_nb.connections]\nvault = vault:Vault\n")
    code = f"import sys; sys.path.append({str(tmp_path)!r}); from types import SimpleNamespace as S; "
    code += "from pathlib import Path; from odibi_nb.connections import connect; "
    code += "print(type(connect('v', S(model_dump=lambda: {'type': 'vault', 'base_path': '.'}), Path('.'))).__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "Vault"
