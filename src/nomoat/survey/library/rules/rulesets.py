"""django-rules: rules by their names."""

rules = {}


def add_rule(name, pred):
    rules[name] = pred


def set_rule(name, pred):
    rules[name] = pred


def test_rule(name, *args, **kwargs):
    return name in rules and rules[name].test(*args, **kwargs)
