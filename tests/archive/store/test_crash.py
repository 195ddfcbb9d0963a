"""A process that is killed at any instant loses at most the batch under way."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.archive import open_archive

ROOT = Path(__file__).resolve().parents[3]
BATCH = 7

# Each batch is one more entry in each of seven feeds, and an edit of the first entry of each.
RECORD = f"""
import sys
from itertools import count
from pathlib import Path
from tests.support.archive import an_entry, hour, open_archive, shown
store = open_archive(Path(sys.argv[1]))
feeds = [store.subscribe(f"https://{{one}}.example/", kind="remote", now=hour(0)) for one in range({BATCH})]
print("ready", flush=True)
for number in count(max(0, store.totals().entries // {BATCH} - 1)):
    first = an_entry(10_000, text=f"edit {{number}}", id=None, title="The first")
    store.record([
        shown(feed, hour(number), an_entry(number, text="word " * 300, id=f"{{feed}}-{{number}}"), first)
        for feed in feeds
    ])
    print(number, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_kill_leaves_whole_batches(tmp_path: Path) -> None:
    path, dice = tmp_path / "a.sqlite", random.Random(4)
    done = 0
    for _ in range(10):
        child = subprocess.Popen(
            [sys.executable, "-c", RECORD, path],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
        told = [int(child.stdout.readline()) for _ in range(dice.randrange(4))]
        time.sleep(dice.uniform(0.0, 0.05))
        child.kill()
        told += [int(line) for line in child.stdout if line.endswith("\n")]
        assert child.wait(10) == -signal.SIGKILL
        child.stdout.close()

        with closing(open_archive(path, create=False)) as store:
            assert list(store.examine()) == []
            entries = store.entries(limit=1_000_000)
            counts = Counter(record.feed for record in entries)
            assert len(set(counts.values())) <= 1
            whole = max(counts.values(), default=1) - 1
            # What was told is there; the one under way may be there too.
            assert whole >= max(told, default=done - 1) + 1 >= done
            assert whole <= max(told, default=done - 1) + 2
            assert store.totals().versions == BATCH * 2 * whole
            assert len(store.search("word", limit=1_000_000)) == BATCH * whole
            assert {record.versions for record in entries if record.entry.id is None} <= {whole}
        done = whole
    assert done > 10
