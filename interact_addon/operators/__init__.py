"""What a user can do, one file a group of verbs.

Each operator calls the part that does the work and turns a named error into one report.
"""
