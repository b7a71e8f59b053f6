"""QTI 2.1 as QTI 3.0, which the newest players read: other names for the same elements and attributes."""

import re
from xml.etree import ElementTree as ET

HTML = {"p", "pre", "code", "br", "em", "strong", "ul", "ol", "li", "div", "span", "img", "sup", "sub"}
TEMPLATES = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/"


def kebab(name: str) -> str:
    """``responseDeclaration`` as QTI 3.0 writes it.

    >>> kebab("responseDeclaration")
    'response-declaration'
    """
    return re.sub(r"[A-Z]", lambda letter: f"-{letter[0].lower()}", name)


def upgraded(node: ET.Element) -> ET.Element:
    """An item of QTI 2.1 in the words of QTI 3.0, section "migration" of its guide; without namespaces."""
    name = node.tag.rpartition("}")[2]
    if name in HTML:
        new = ET.Element(name, node.attrib)
    else:
        new = ET.Element(f"qti-{kebab(name)}", {kebab(key): value for key, value in node.attrib.items()})
    if template := new.get("template"):
        new.set("template", f"{TEMPLATES}{template.rpartition('/')[2]}.xml")
    inside = ET.SubElement(new, "qti-content-body") if name == "rubricBlock" else new
    inside.text, new.tail = node.text, node.tail
    inside.extend(upgraded(child) for child in node)
    return new
