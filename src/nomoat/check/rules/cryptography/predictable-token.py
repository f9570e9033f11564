import random
import secrets
import string
import uuid
from random import choice, SystemRandom

LETTERS = string.ascii_letters + string.digits


def reset(user, mail):
    token = "".join(random.choice(LETTERS) for _ in range(32))  # expect: predictable-token
    user.reset_token = "".join(choice(LETTERS) for _ in range(32))  # expect: predictable-token
    user.save(otp=random.randint(100000, 999999))  # expect: predictable-token
    characters = random.sample(LETTERS, 8)
    password = "".join(characters)  # expect: predictable-token
    session_id = str(uuid.uuid1())  # expect: predictable-token
    mail({"verification_code": str(random.randrange(10**6))})  # expect: predictable-token
    return token, password, session_id


def make_api_key():
    return "%032x" % random.getrandbits(128)  # expect: predictable-token


def safe(user, mail):
    token = secrets.token_urlsafe(32)
    user.reset_token = "".join(secrets.choice(LETTERS) for _ in range(32))
    user.save(otp=secrets.randbelow(1_000_000))
    password = "".join(SystemRandom().choice(LETTERS) for _ in range(12))
    session_id = str(uuid.uuid4())
    delay = random.uniform(0.5, 1.5)
    color = random.choice(["red", "green"])
    sample = random.sample(range(100), 3)
    mail({"verification_code": str(secrets.randbelow(10**6))})
    return token, password, session_id, delay, color, sample


def shuffled(cards):
    random.shuffle(cards)
    return cards


def make_code():
    return "".join(random.choice("0123456789") for _ in range(6))  # expect: predictable-token


def generate_code(module):
    return "\n".join(f"import {name}" for name in sorted(module))


def numbers(length):
    return "".join(random.sample("0123456789", length))


def forget(account):
    account.reset_token = numbers(8)  # expect: predictable-token
    account.colour = numbers(6)


def forgot(mail):
    code = random.randint(100000, 999999)  # expect: predictable-token
    mail(code)


def forgot_well(mail):
    code = secrets.randbelow(1000000)
    mail(code)


def dice():
    code = random.randint(1, 6)
    return code


def session_value():
    return "".join(random.choice(LETTERS) for _ in range(24))  # expect: predictable-token


def share_value():
    return secrets.token_urlsafe(24)


def reset_value():
    return uuid.uuid1().hex  # expect: predictable-token


def share_key():
    return "".join(random.choices(LETTERS, k=10))  # expect: predictable-token


def sort_key():
    return random.random()


def pin(account):
    account.pin = "%06d" % random.randint(0, 999999)  # expect: predictable-token


def pinned(board):
    board.pin = random.choice(board.notes)
