"""Adapters: one file for each framework or datastore that partnerauth is plugged into."""
