"""The command line: one verb a function, reached from the terminal and from the Automation API alike."""
