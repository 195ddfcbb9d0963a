"""Proof that nothing stored was altered: Merkle trees, signed notes, and checking proofs without an archive.

Nothing here knows a disk or an archive, and no module needs more than Python and cryptography.
"""
