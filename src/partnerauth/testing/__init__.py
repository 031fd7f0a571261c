"""What tests of a portal, and of an adapter of your own, are made of: public, for embedders."""
