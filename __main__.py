"""The program's entry: the stack's name says which environment, and whether platform or release."""

import pulumi

from stacks.program import program_for

program_for(pulumi.get_stack())()
