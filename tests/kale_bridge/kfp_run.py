"""A compiled pipeline, run by KFP on this machine: `python kfp_run.py PIPELINE DIRECTORY`; ends with 1 where it failed.

KFP deletes what it works in, so it gets new directories below DIRECTORY.
"""

from __future__ import annotations

import sys
from pathlib import Path

from kfp import components, local

if __name__ == "__main__":
    pipeline, directory = map(Path, sys.argv[1:])
    local.init(
        local.SubprocessRunner(use_venv=False),
        pipeline_root=str(directory / "outputs"),
        workspace_root=str(directory / "kfp-workspace"),
    )
    try:
        components.load_component_from_file(str(pipeline))()
    except RuntimeError as error:
        sys.exit(str(error))
