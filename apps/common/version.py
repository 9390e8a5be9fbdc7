"""The version of Tandem, as packaged, shown and sent in the User-Agent."""

VERSION = "0.1.0"
