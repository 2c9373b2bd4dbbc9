"""Programs of the lab's own that play images whose programs can't be had. Each says in its log that it does."""
