import ldap
from fastapi import FastAPI
from ldap3 import Connection, Server
from ldap3.utils.conv import escape_filter_chars

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
BASE = "ou=people,dc=example,dc=org"


@app.get("/a")
def by_fstring(name: str):
    directory = ldap.initialize("ldap://directory")
    return directory.search_s(BASE, ldap.SCOPE_SUBTREE, f"(uid={name})")  # expect: ldap-injection


@app.get("/b")
def of_ldap3(name: str, mail: str):
    connection = Connection(Server("directory"))
    wanted = "(&(uid=%s)(mail=%s))" % (name, mail)
    connection.search(BASE, wanted)  # expect: ldap-injection
    return connection.entries


@app.get("/c")
def by_keyword(name: str, connection=None):
    connection.search(search_base=BASE, search_filter="(uid=" + name + ")")  # expect: ldap-injection


@app.get("/d")
def named(unit: str):
    directory = ldap.initialize("ldap://directory")
    return directory.search_s(f"ou={unit},dc=example", ldap.SCOPE_SUBTREE, "(uid=*)")  # expect: ldap-injection


@app.get("/e")
def escaped(name: str):
    directory = ldap.initialize("ldap://directory")
    wanted = f"(uid={ldap.filter.escape_filter_chars(name)})"
    return directory.search_s(BASE, ldap.SCOPE_SUBTREE, wanted)


@app.get("/f")
def escaped_for_ldap3(name: str):
    connection = Connection(Server("directory"))
    connection.search(BASE, f"(uid={escape_filter_chars(name)})")
    return connection.entries


@app.get("/g")
def number(uid: int):
    directory = ldap.initialize("ldap://directory")
    return directory.search_s(BASE, ldap.SCOPE_SUBTREE, f"(uidNumber={uid})")


@app.get("/h")
def word(name: str):
    if not name.isalnum():
        return []
    directory = ldap.initialize("ldap://directory")
    return directory.search_s(BASE, ldap.SCOPE_SUBTREE, f"(uid={name})")
