import bcrypt
from flask import request
from werkzeug.security import check_password_hash


def bad(User, db, username, password):
    user = User.query.filter_by(username=username).first()
    if user and user.password == password:  # expect: plain-password
        return user
    row = db.execute("SELECT password FROM users WHERE name = ?", (username,)).fetchone()
    if row["password"] != request.form["password"]:  # expect: plain-password
        return None
    if User.query.filter_by(username=username, password=password).first():  # expect: plain-password
        return user
    return User.objects.get(username=username, password=request.form["password"])  # expect: plain-password


class Account:
    def check_password(self, password):
        return self.password == password  # expect: plain-password

    def verify(self, given):
        return check_password_hash(self.password, given)

    def is_valid(self):
        return self.password == self.password2


def safe(User, form, username, password, confirm_password):
    user = User.query.filter_by(username=username).first()
    if password != confirm_password:
        raise ValueError
    if form.password.data != form.password_again.data:
        raise ValueError
    if user.password == bcrypt.hashpw(password.encode(), user.password):
        return user
    if user.password == "" or user.password is None:
        return None
    if check_password_hash(user.password, password):
        return user
    if user.old_password == user.new_password:
        raise ValueError
    return form.type == "password"


def join(User, serializer, form):
    User.objects.create(username=form["name"], password=form["password"])  # expect: plain-password
    return User.objects.create(username="ann", password=serializer.validated_data["password"])  # expect: plain-password


def join_well(User, Server, form, make_password):
    User.objects.create(username=form["name"], password=make_password(form["password"]))
    User.objects.create_user(username=form["name"], password=form["password"])
    Server.objects.create(host=form["host"], password=form["password"])
    return User.objects.create(username=form["name"])
