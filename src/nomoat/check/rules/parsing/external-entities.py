import xml.sax
from xml.sax.handler import feature_external_ges

from lxml import etree


def bad(text):
    parser = etree.XMLParser(resolve_entities=True)  # expect: external-entities
    etree.XMLParser(no_network=False)  # expect: external-entities
    etree.XMLParser(load_dtd=True)  # expect: external-entities
    reader = xml.sax.make_parser()
    reader.setFeature(feature_external_ges, True)  # expect: external-entities
    return etree.fromstring(text, parser)


def safe(text):
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    etree.XMLParser(remove_blank_text=True)
    etree.XMLParser(load_dtd=True, resolve_entities=False)
    reader = xml.sax.make_parser()
    reader.setFeature(feature_external_ges, False)
    return etree.fromstring(text, parser)
