"""The law: pure checks over typed data, one topic a module."""
