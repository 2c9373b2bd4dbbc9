"""How what a program asks for becomes steps, and steps become state."""
