"""The public pages: what Tandem connects, for people who have no account here.

Rendered from the registry minus what operators switched off; no session, no
script, a Content-Security-Policy that allows neither scripts nor inline styles.
"""
