"""Our client of The Update Framework behind the command line that the public suite asks for.

`make tuf-conformance SUITE=PATH`, where PATH is a copy of theupdateframework/tuf-conformance; its
CLIENT-CLI.md describes the commands. Nothing of the suite stands here, and no test of ours needs
it.

Left out: what a release means; the suite's targets are any files.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "daemon")]

from tuf.api.exceptions import DownloadError, RepositoryError  # noqa: E402
from tuf.api.metadata import TargetFile  # noqa: E402

from echo_daemon.releases.fetching import Fetcher  # noqa: E402
from echo_daemon.releases.repository import bring, client  # noqa: E402
from echo_runtime.clock import SystemClock  # noqa: E402


def download(given: argparse.Namespace, fetcher: Fetcher) -> None:
    """Fetch targets as releases are fetched, into files whose names are quoted paths."""
    updater = client(Path(given.metadata_dir), given.metadata_url, fetcher, None)
    updater.target_dir = given.target_dir
    for name in given.target_name:
        target = updater.get_targetinfo(name)
        if target is None:
            raise RepositoryError(f"{name} is not there")
        if updater.find_cached_target(target) is not None:
            continue
        quoted = Path(updater._generate_target_file_path(target))
        partial = quoted.with_name(f"{quoted.name}.partial")
        prefixed = updater._trusted_set.root.consistent_snapshot
        url = f"{given.target_base_url.rstrip('/')}/{_path(target, prefixed=prefixed)}"
        bring(fetcher, url, target, partial, lambda: True)
        partial.replace(quoted)


def _path(target: TargetFile, *, prefixed: bool) -> str:
    folder, slash, name = target.path.rpartition("/")
    digest = next(iter(target.hashes.values()))
    return f"{folder}{slash}{digest}.{name}" if prefixed else target.path


def main() -> int:
    """One command of the suite."""
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--metadata-url", "--metadata-dir", "--target-dir", "--target-base-url"):
        parser.add_argument(option)
    parser.add_argument("--target-name", action="append", default=[])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("init").add_argument("trusted_root")
    commands.add_parser("refresh")
    commands.add_parser("download")
    given = parser.parse_args()
    fetcher = Fetcher(SystemClock())
    try:
        if given.command == "init":
            shutil.copyfile(given.trusted_root, Path(given.metadata_dir) / "root.json")
        elif given.command == "refresh":
            client(Path(given.metadata_dir), given.metadata_url, fetcher, None).refresh()
        else:
            download(given, fetcher)
    except (RepositoryError, DownloadError, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    finally:
        fetcher.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
