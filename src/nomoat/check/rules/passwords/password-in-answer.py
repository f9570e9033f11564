from flask import jsonify


class User:
    def to_dict(self):
        return {
            "name": self.name,
            "password": self.password,  # expect: password-in-answer
        }

    def public(self):
        return {"name": self.name, "mail": self.mail}

    def serialize(self):
        return {"name": self.name, "has_password": bool(self.password_hash)}


def listed(users):
    return jsonify([{"name": user.name, "password": user.password} for user in users])  # expect: password-in-answer


def shown(user):
    found = {"name": user.name, "password": user.password}  # expect: password-in-answer
    return jsonify(found)


def shown_well(user):
    found = {"name": user.name, "has_password": bool(user.password)}
    return jsonify(found)


def safe(users, settings, connect, password):
    connect({"host": settings.host, "password": settings.password})
    connect(user="shop", password=password)
    return jsonify([{"name": user.name} for user in users])
