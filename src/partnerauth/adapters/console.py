"""Adapter: a mailer that prints.  For development and demonstrations alone: the mails hold live links and passwords."""

from __future__ import annotations

import sys
from typing import TextIO


class ConsoleMailer:
    """Prints each mail as its reader would see it; `stream` is standard output when left out."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Choose where to print."""
        self._stream = stream

    def send(self, *, to: str, subject: str, text: str, html: str, reference: str) -> None:
        """Print a mail.  Raises OSError where the stream is closed at the other end."""
        del html, reference  # a terminal shows text, and nobody answers it
        stream = self._stream or sys.stdout
        print(f"To: {to}", f"Subject: {subject}", "", text, sep="\n", file=stream, flush=True)
