"""What can go wrong with a lab, each with a sentence a person can act on.

`exit_code` is what the command line ends with: one number for each kind.
"""


class LabError(Exception):
    """Any problem of a lab that is not a bug: the message says what happened and what to do next."""

    exit_code = 60


class NotRunning(LabError):
    """No lab of that name runs."""

    exit_code = 61


class AlreadyRunning(LabError):
    """A lab of that name runs already."""

    exit_code = 62


class Forbidden(LabError):
    """This machine does not let us make namespaces."""

    exit_code = 63


class Missing(LabError):
    """A program that the lab needs can neither be found, fetched nor built."""

    exit_code = 64


class DoorShut(LabError):
    """The lab runs, and an address that leads into it does not answer."""

    exit_code = 66


class StartFailed(LabError):
    """The lab was started and did not become ready."""

    exit_code = 65
