"""django-q2's tasks in a Redis: what goes in comes out once, and a Redis that is away is waited for."""

import socket

import pytest
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_q.tasks import async_task

from apps.runs.record import CONNECTION_ERRORS
from apps.runs.worker import cluster, redis_queue
from apps.runs.worker.board import Board
from apps.runs.worker.keeper import Keeper
from tests.runs.redis_server import redis_server


@pytest.fixture
def redis(settings, monkeypatch):
    with redis_server() as server:
        _name(server.url, settings, monkeypatch)
        yield server


@pytest.fixture
def away(settings, monkeypatch):
    """The address of a Redis where nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        _name(f"redis://:secret@127.0.0.1:{held.getsockname()[1]}/0", settings, monkeypatch)
        yield


def _name(url, settings, monkeypatch):
    settings.BROKER_URL = url
    monkeypatch.setattr(Conf, "REDIS", url)
    monkeypatch.setattr(Conf, "BROKER_CLASS", "apps.runs.worker.redis_queue.RedisQueue")
    monkeypatch.setattr(redis_queue, "WAIT_SECONDS", 0.05)


def _taken(queue):
    """What the next task calls, and with what."""
    ((_, packed),) = queue.dequeue()
    task = SignedPackage.loads(packed)
    return task["func"], *task["args"]


@pytest.mark.django_db
def test_without_a_setting_the_queue_is_in_the_database():
    assert isinstance(cluster.own_queue("worker-a"), cluster.OwnQueue)


@pytest.mark.django_db
def test_a_worker_takes_its_own_tasks_and_the_common_ones_each_once(redis):
    queue, other = cluster.own_queue("worker-a"), cluster.own_queue("worker-b")
    cluster.put_drain(queue, 7)
    async_task("apps.alerts.telling.send", 3, 1)

    assert _taken(queue) == ("apps.runs.worker.tasks.run_drain", 7)
    assert _taken(queue) == ("apps.alerts.telling.send", 3, 1)
    assert queue.dequeue() is None
    assert other.dequeue() is None
    assert not OrmQ.objects.exists()


@pytest.mark.django_db
def test_a_worker_leaves_another_one_s_tasks_alone(redis):
    cluster.put_drain(cluster.own_queue("worker-a"), 1)

    assert cluster.own_queue("worker-b").dequeue() is None


@pytest.mark.django_db
def test_a_queue_ends_with_its_worker_and_by_itself_behind_one_that_was_killed(redis):
    queue = cluster.own_queue("worker-a")
    cluster.put_drain(queue, 1)
    assert redis.expiring == {"django_q:worker-a:q": 3600}

    queue.purge_queue()

    assert queue.dequeue() is None


@pytest.mark.django_db
def test_a_redis_that_is_away_is_waited_for(away):
    queue = cluster.own_queue("worker-a")

    assert queue.dequeue() is None
    assert queue.ping() is False
    queue.purge_queue()
    with pytest.raises(CONNECTION_ERRORS) as refused:
        cluster.put_drain(queue, 1)

    assert "BROKER_URL" in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.django_db
def test_a_keeper_puts_the_drain_again_that_a_redis_which_was_away_did_not_take(redis):
    queue, board = cluster.own_queue("worker-a"), Board()
    times = []

    def enqueue(number):
        times.append(number)
        if len(times) == 1:
            raise redis_queue.QueueAwayError("Away.")
        cluster.put_drain(queue, number)

    keeper = Keeper("test", board, drains=1, enqueue=enqueue)
    keeper.tick()
    keeper.tick()

    assert _taken(queue) == ("apps.runs.worker.tasks.run_drain", times[-1])
    assert queue.dequeue() is None


def test_sweeps_queue_where_the_worker_looks(redis):
    assert get_broker().list_key == "django_q:tandem:q"
    assert get_broker().connection is cluster.own_queue("worker-a").connection
