"""`python -m backissue`."""

from backissue.cli import main

main()
