import yaml
from ruamel.yaml import YAML
from yaml import Loader, SafeLoader, load


class OwnLoader(yaml.SafeLoader):
    pass


def bad(text):
    yaml.load(text, Loader=yaml.Loader)  # expect: unsafe-yaml
    load(text, Loader)  # expect: unsafe-yaml
    yaml.unsafe_load(text)  # expect: unsafe-yaml
    yaml.load(text)  # expect: unsafe-yaml
    YAML(typ="unsafe").load(text)  # expect: unsafe-yaml


def safe(text):
    yaml.safe_load(text)
    yaml.load(text, Loader=yaml.SafeLoader)
    load(text, SafeLoader)
    yaml.load(text, Loader=OwnLoader)
    yaml.load("a: 1", Loader=yaml.Loader)
    YAML(typ="safe").load(text)
