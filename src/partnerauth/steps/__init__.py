"""What several flows do alike, a topic a module: drawing a link, beginning a session, letting a newcomer in."""
