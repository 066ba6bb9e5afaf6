"""What a session says of its tests: to pytest, in the terminal, as HTML, and of its gates at its end."""
