"""Runs the command line: `python -m partnerauth`."""

from __future__ import annotations

from partnerauth.cli import main

if __name__ == "__main__":
    main(prog_name="partnerauth")
