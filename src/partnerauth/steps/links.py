"""Links and codes in mails: how a user's link is drawn, and which token it is whose secret somebody shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from partnerauth.directory import Directory, TokenByDigest, TokenById
from partnerauth.entities import Credential, LatestToken, Purpose, Token
from partnerauth.flow import DrawLink, Needs, Situation, digest
from partnerauth.policy import tokens

NEW_LINK = DrawLink()


def drawn(
    s: Situation[Any], credential: Credential, purpose: Purpose, lives: timedelta, **facts: str
) -> tuple[str, tuple[Token, LatestToken]]:
    """Return the id of a user's new link, for its mail, and its rows: older ones of its purpose end with it (GX-04)."""
    draft = s.answers[NEW_LINK]
    return draft.id, tokens.issued(
        id=draft.id,
        digest=draft.digest,
        purpose=purpose,
        subject=credential.user,
        expires_at=s.now + lives,
        epoch=credential.epoch,
        facts=facts,
    )


def needs(directory: Directory, secret: SecretStr) -> Needs:
    """The token whose secret this is."""
    by_digest = TokenByDigest(digest(secret.get_secret_value()))
    yield by_digest
    if identity := directory.find(by_digest):
        yield TokenById(identity)


def shown(directory: Directory, secret: SecretStr) -> Token | None:
    """Return the token whose secret this is, as far as it is loaded: whether it still stands is another question."""
    identity = directory.find(TokenByDigest(digest(secret.get_secret_value())))
    return directory.find(TokenById(identity)) if identity else None
