"""When two company names are the same: spelling aside, and without the legal form at the end."""

from __future__ import annotations

import string

from segue.accounts.spelling import spelling_key, words

_LEGAL_FORMS = words(
    """inc incorporated corp corporation co company ltd limited llc llp lp plc pllc gmbh mbh ag se kg kgaa
    ohg ug ev eg sa sas sasu sarl sl slu srl spa snc bv nv vof ab as asa oy oyj aps pty pte bhd sdn kk kft
    zrt doo dd sro spzoo spz oo ltda sac cv eirl ooo pao jsc pjsc tbk pt public gesellschaft
    aktiengesellschaft"""
)
_PARTING = ",()/"
_PLAIN = str.maketrans(
    {mark: " " if mark in _PARTING else None for mark in string.punctuation if mark not in "+#&"}
    | {"&": "and"}
)


def company_key(name: str) -> str:
    """Return what two spellings of one company's name share: "ACME, Inc." and "Acme Inc" give `acme`.

    The legal form at the end goes as long as a word is left; anything else stays, because "Acme Bank"
    and "Acme" are two names. Empty for a name without letters or digits.
    """
    if name.isascii():
        parts = name.lower().translate(_PLAIN).split()
    else:
        for mark in _PARTING:
            name = name.replace(mark, " ")
        parts = [key for part in name.split() if (key := spelling_key(part))]
    while len(parts) > 1 and (parts[-1] in _LEGAL_FORMS or parts[-1] == "and"):
        parts.pop()
    return "".join(parts)
