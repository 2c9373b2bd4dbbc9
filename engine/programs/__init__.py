"""What runs programs: the inline host of the Automation API, or an interpreter of their own."""
