"""Checking a shot: contacts, penetrations and feet of two cast characters, however they are animated."""
