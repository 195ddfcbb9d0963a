"""The archive for others: for web archives (WARC), researchers (tables), anyone with SQLite, and libraries (BagIt).

Each reads one snapshot in a stream, and writes beside its place first: what stands at the place is whole, or as it was.
"""
