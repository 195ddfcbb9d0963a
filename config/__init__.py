"""The settings of Backissue: the typed model, loading and checking, and the commented example.

errors, problem    what is said of a wrong setting
settings           the model and its defaults
load               backissue.toml and the environment, checked
template           the commented backissue.toml that `init` writes
redact, secrets    what must not be shown, and where it may stand

Nothing is loaded here: processes that need one of them start faster without the others.
"""
