"""The version of the Pulumi CLI whose behaviour is implemented."""

VERSION = "3.260.0"
