"""Training everything on a machine with a GPU within minutes: what is packed for it, run there, and put back here."""
