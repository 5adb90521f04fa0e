"""Commands of the runtime that are not part of another package."""
