"""How fast a connection may be called: one row per limit, shared by every worker."""

from django.db import models


class Allowance(models.Model):
    """A token bucket of one connection, or of those of its calls that have a limit of their own.

    `tokens` are left as of `filled_at`; of them `live` at most may be taken for what
    happens now, while something is repeated as well, and `bulk` at most for that.
    `learnt` is the calls per second after the
    provider asked for fewer, empty while its declared limit is used; `learnt_at`
    is when it asked or when the rate was last raised again. Until `closed_until`
    nothing is sent at all. `live_booked` and `bulk_booked` are how far the calls
    reach that have been told to come again later. `scope` is empty, or the name of
    the limit that some of the connection's actions share.
    """

    connection = models.ForeignKey(
        "connections.Connection", on_delete=models.CASCADE, related_name="allowances", db_index=False
    )
    scope = models.CharField(max_length=60, blank=True)
    tokens = models.FloatField(default=0.0)
    live = models.FloatField(default=0.0)
    bulk = models.FloatField(default=0.0)
    filled_at = models.DateTimeField()
    bulk_wanted_at = models.DateTimeField(null=True)
    live_booked = models.DateTimeField(null=True)
    bulk_booked = models.DateTimeField(null=True)
    learnt = models.FloatField(null=True)
    learnt_at = models.DateTimeField(null=True)
    closed_until = models.DateTimeField(null=True)
    limited_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("connection", "scope"), name="connections_allowance_once_per_scope"
            ),
        )

    def __str__(self) -> str:
        return f"{self.connection_id} {self.scope}".strip()
