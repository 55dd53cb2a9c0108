"""PostgreSQL's programs run from a copy, too: in whose checkout only root may look."""

import subprocess
from pathlib import Path

import pytest

from tests.postgres import copy_programs


@pytest.mark.parametrize("program", ["postgres", "initdb", "pgbench"])
def test_a_copied_program_finds_its_libraries(program: str, tmp_path: Path) -> None:
    copied = copy_programs(tmp_path) / program
    assert copied.is_relative_to(tmp_path)
    told = subprocess.run([copied, "--version"], check=True, capture_output=True, text=True).stdout
    assert told.startswith(f"{program} (PostgreSQL) 18.")
