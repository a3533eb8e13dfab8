from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tests.kernel import CELL_SECONDS, STARTUP, Kernel, kernel_environment, own_sockets, running_kernel
from tests.rok_command import ROOT, Rok
from tests.server.running import RunningServer


@pytest.fixture
def rok(tmp_path: Path) -> Rok:
    return Rok(tmp_path)


@pytest.fixture
def kernel(rok: Rok) -> Iterator[Kernel]:
    """A real kernel whose workspace is named by ROK_WORKSPACE."""
    with running_kernel(rok) as kernel:
        yield kernel


# Registration


def test_a_kernel_start_registers_the_magics_and_imports_nothing_of_ours() -> None:
    _startup_seconds()


@pytest.mark.full
def test_a_kernel_starts_no_slower_than_ten_milliseconds_for_it() -> None:
    assert min(_startup_seconds() for _ in range(3)) < 0.010


def _startup_seconds() -> float:
    script = (
        "import sys, time\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "code = compile(open(sys.argv[1]).read(), 'startup', 'exec')\n"
        "began = time.perf_counter()\n"
        "exec(code, {'get_ipython': lambda: shell})\n"
        "took = time.perf_counter() - began\n"
        "assert 'rok_jupyter.magics' not in sys.modules and 'rok_jupyter.models' not in sys.modules\n"
        "assert shell.find_line_magic('rok') and shell.find_cell_magic('rok')\n"
        "print(took)\n"
    )
    line = [sys.executable, "-c", script, str(STARTUP / "50-rok-jupyter.py")]
    return float(subprocess.run(line, capture_output=True, check=True, cwd=ROOT).stdout)


def test_the_startup_file_never_raises_and_leaves_no_name() -> None:
    names: dict[str, Any] = {}
    exec((STARTUP / "50-rok-jupyter.py").read_text(), names)  # there is no get_ipython here
    assert set(names) == {"__builtins__"}


def test_it_can_be_loaded_by_hand(rok: Rok) -> None:
    code = (
        "get_ipython().run_line_magic('load_ext', 'rok_jupyter'); get_ipython().run_line_magic('rok', 'volumes --json')"
    )
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "-c", code],
        env={**rok.environment, "IPYTHONDIR": str(rok.directory / "bare")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"role": "workspace"' in done.stdout


# A notebook


def test_a_notebook_edits_deletes_and_undoes(rok: Rok) -> None:
    cells = [
        "open('a.txt', 'w').write('one'); open('b.txt', 'w').write('two');",
        "first = %rok snapshot -m 'before'\nfirst.value.id",
        "import os; open('a.txt', 'w').write('changed'); os.remove('b.txt')",
        "%rok diff latest",
        "%rok restore {first.value.id} --in-place --yes",
        "assert (open('a.txt').read(), open('b.txt').read()) == ('one', 'two')",
        "%rok undo",
        "assert open('a.txt').read() == 'changed' and not os.path.exists('b.txt')",
        "%rok delete $first.value.id",
        "%rok undo",
        "found = %rok list",
        "assert 'before' in [snapshot.message for snapshot in found.value.items]\nfound",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    place = {"metadata": {"path": str(rok.workspace)}}
    with own_sockets() as config:
        client = NotebookClient(notebook, timeout=CELL_SECONDS, resources=place, config=config)
        client.execute(env=kernel_environment(rok))
    outputs = [[output for output in cell.outputs if "data" in output] for cell in notebook.cells]
    assert "<table>" in outputs[3][-1]["data"]["text/html"]
    assert "b.txt" in outputs[3][-1]["data"]["text/plain"]
    assert "Undo: %rok undo" in outputs[4][-1]["data"]["text/plain"]
    assert "before" in outputs[11][-1]["data"]["text/html"]


def test_a_line_that_fails_stops_the_notebook_with_one_sentence(rok: Rok) -> None:
    cells = ["%rok show 0123456789abcdef", "raise AssertionError('this is never run')"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    with own_sockets() as config:
        client = NotebookClient(notebook, timeout=CELL_SECONDS, config=config)
        with pytest.raises(CellExecutionError, match="%rok: "):
            client.execute(env=kernel_environment(rok))
    (error,) = notebook.cells[0].outputs
    assert error["ename"] == "RokCommandFailed"
    assert error["traceback"][0].startswith("%rok: ")
    assert "Traceback" not in "".join(error["traceback"])
    assert notebook.cells[1].outputs == []


# Lines


def test_results_are_values_with_looks(kernel: Kernel, rok: Rok) -> None:
    (rok.workspace / "<b>.txt").write_text("x")
    assert "snapshot:" in kernel.text("taken = %rok snapshot -m '<i>m</i>'\ntaken")
    assert "Snapshot" in kernel.text("type(taken.value).__name__")
    shown = kernel.run("%rok ls latest")
    html = next(message["content"]["data"]["text/html"] for message in shown if message["msg_type"] == "execute_result")
    assert "&lt;b&gt;.txt" in html
    assert "<b>.txt" not in html
    assert "b'x'" in kernel.text("content = %rok cat latest '<b>.txt'\ncontent.value")
    assert "x" in kernel.text("content")


def test_json_is_printed_and_nothing_is_returned(kernel: Kernel) -> None:
    assert "True" in kernel.text("out = %rok volumes --json\nout is None")
    text = kernel.text("%rok show 0123456789abcdef --json")
    assert '"kind": ' in text
    assert "%rok: " in text


def test_help_is_printed(kernel: Kernel) -> None:
    assert "usage: %rok snapshot" in kernel.text("%rok snapshot --help")
    assert "usage: %rok" in kernel.text("%%rok --help\n1/0")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("%rok fly", "invalid choice"),
        ("%rok snapshot -m 'open", "can't be split into words"),
        ("%%rok list\npass", "takes the verb snapshot only"),
        ("%%rok snapshot\nawait something()", "can't run a cell with `await`"),
        ("%rok restore latest --in-place", "nobody here to ask"),
        ("%rok repo key export", "would stay in the notebook's file"),
    ],
)
def test_what_isnt_possible_is_one_sentence(kernel: Kernel, rok: Rok, line: str, sentence: str) -> None:
    (rok.workspace / "x").write_text("x")
    rok.snapshot()
    (rok.workspace / "x").write_text("y")
    text = kernel.text(line)
    assert sentence in text
    assert "Traceback" not in text
    password = next((rok.directory / "data").rglob("password")).read_text().strip()
    assert password not in text


@pytest.mark.parametrize(("answer", "content"), [("y", "x"), ("n", "y")])
def test_a_restore_shows_its_plan_and_asks(kernel: Kernel, rok: Rok, answer: str, content: str) -> None:
    (rok.workspace / "x").write_text("x")
    rok.snapshot()
    (rok.workspace / "x").write_text("y")
    assert "workspace:x" in kernel.text("%rok restore latest --in-place", answer=answer)
    assert (rok.workspace / "x").read_text() == content


def test_a_home_directorys_first_snapshot_asks(rok: Rok) -> None:
    (rok.workspace / "x").write_text("x")
    with running_kernel(rok, HOME=str(rok.workspace)) as kernel:
        assert "No snapshot was taken." in kernel.text("%rok snapshot", answer="s")
        assert "manual" in kernel.text("%rok snapshot", answer="g")


def test_a_long_snapshot_shows_a_bar_and_an_interrupt_cancels_it(rok: Rok) -> None:
    rok.make_slow()
    with running_kernel(rok) as kernel:
        messages = kernel.run("%rok snapshot", interrupt_at="left")
    kinds = [message["msg_type"] for message in messages]
    assert kinds.count("display_data") == 1
    assert "update_display_data" in kinds
    assert "cancelled" in str(messages[-2]["content"])
    assert rok.json("list")["items"] == []


def test_tab_offers_verbs_options_and_ids(kernel: Kernel, rok: Rok) -> None:
    (rok.workspace / "x").write_text("x")
    short = rok.snapshot()[:8]
    assert "snapshot" in kernel.complete("%rok sn")
    assert "init" in kernel.complete("%rok repo in")
    assert "--in-place" in kernel.complete("%rok restore --in")
    assert short in kernel.complete(f"%rok show {short[:3]}")


# Cells


def test_a_cell_runs_after_its_snapshot(kernel: Kernel, rok: Rok) -> None:
    (rok.workspace / "x").write_text("before")
    text = kernel.text("%%rok snapshot -m 'cell'\nopen('x', 'w').write('after')\nprint('ran')")
    assert "ran" in text
    assert rok("cat", "latest", "x").stdout == b"before"
    assert (rok.workspace / "x").read_text() == "after"
    assert rok.json("show", "latest")["origin"]["kind"] == "cell"


def test_a_cell_that_raises_says_how_to_go_back(kernel: Kernel, rok: Rok) -> None:
    (rok.workspace / "x").write_text("before")
    messages = kernel.run("%%rok snapshot\nopen('x', 'w').write('bad')\n1/0")
    errors = [message["content"] for message in messages if message["msg_type"] == "error"]
    assert [error["ename"] for error in errors] == ["ZeroDivisionError", "RokCommandFailed"]
    short = rok.json("show", "latest")["id"][:8]
    assert f"%rok restore {short} --in-place" in errors[1]["traceback"][1]
    kernel.text(f"%rok restore {short} --in-place --yes")
    assert (rok.workspace / "x").read_text() == "before"


# The server


def test_a_kernel_of_a_server_asks_the_server(tmp_path: Path) -> None:
    server = RunningServer(tmp_path)
    server.start()
    try:
        rok = Rok(tmp_path, names_workspace=False)
        (rok.workspace / "x").write_text("x")
        with running_kernel(rok, JPY_PARENT_PID=str(server.pid)) as kernel:
            assert "from a kernel" in kernel.text("%rok snapshot -m 'from a kernel'")
        assert server.ask("GET", "tasks").json["items"][0]["result"]["message"] == "from a kernel"
    finally:
        server.stop()
