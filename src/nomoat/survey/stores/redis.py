import redis
from redis.asyncio import Redis

cache = redis.Redis(host="cache")
waiting = Redis.from_url("redis://cache")


def cart(user):  # store: reads redis:cart
    return cache.get(f"cart:{user}")


def emptied(user):  # store: writes redis:cart
    cache.delete(f"cart:{user}")


async def pushed(job):  # store: writes redis:jobs
    await waiting.rpush("jobs", job)


async def popped():  # store: reads redis:jobs; writes redis:jobs
    return await waiting.blpop("jobs")
