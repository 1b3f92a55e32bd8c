"""Whose a photograph is, as news sites write it."""

from __future__ import annotations

AGENCY = (
    r"(?:REX(?: Features)?|Shutterstock(?:\.com)?|Getty(?: Images)?|AP(?: Photo| Images)?|Associated Press|Reuters|AFP"
    r"|Splash(?: News)?|BACKGRID|WireImage|FilmMagic|Alamy(?: Stock Photo)?|iStock(?:photo)?|Unsplash|Pexels"
    r"|EPA(?:-EFE)?|NurPhoto|Bloomberg|PA(?: Images| Wire)?|Zuma(?: Press)?|Corbis"
    r"|Everett(?: Collection)?|INSTARimages(?:\.com)?)"
)
"""A pattern: an agency, or an archive, that pictures are credited to."""
