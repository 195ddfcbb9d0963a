"""`backissue`, and `python -m backissue`. Nothing is loaded before Ctrl-C is heeded."""

import sys

INTERRUPTED = 130  # what shells give for SIGINT
STOPPED = "stopped; what was done before is saved"


def main() -> None:
    """Run the command that was typed."""
    try:
        from backissue.cli import main as command

        command()
    except KeyboardInterrupt:
        sys.stderr.write(f"{STOPPED}\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
