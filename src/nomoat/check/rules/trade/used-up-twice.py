from flask import Flask, abort, request
from flask_login import current_user, login_required
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class Voucher(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    uses_left = db.Column(db.Integer)
    used = db.Column(db.Boolean)


@app.post("/redeem")
def redeem():
    voucher = Voucher.query.get_or_404(request.form["voucher"])
    if voucher.uses_left < 1:
        abort(409)
    voucher.uses_left -= 1  # expect: used-up-twice
    db.session.commit()
    return "", 204


@app.post("/use")
def use():
    voucher = Voucher.query.get_or_404(request.form["voucher"])
    if voucher.used:
        abort(409)
    voucher.used = True  # expect: used-up-twice
    db.session.commit()
    return "", 204


@app.post("/redeem/well")
def redeem_well():
    voucher = Voucher.query.with_for_update().get_or_404(request.form["voucher"])
    if voucher.uses_left < 1:
        abort(409)
    voucher.uses_left -= 1
    db.session.commit()
    return "", 204


@app.post("/redeem/statement")
def redeem_by_statement():
    left = Voucher.query.filter(Voucher.uses_left > 0).update({"uses_left": Voucher.uses_left - 1})
    if not left:
        abort(409)
    db.session.commit()
    return "", 204


@app.post("/count")
@login_required
def count():
    current_user.visits -= 1
    return "", 204


def redeem_for(person, code):
    voucher = Voucher.query.filter_by(code=code).first_or_404()
    if voucher.used:
        abort(409)
    voucher.used = True  # expect: used-up-twice
    person.credit += 10
    db.session.commit()


def redeem_alone(person, code):
    voucher = Voucher.query.filter_by(code=code).with_for_update().first_or_404()
    if voucher.used:
        abort(409)
    voucher.used = True
    person.credit += 10
    db.session.commit()


def locked(code):
    return Voucher.query.filter_by(code=code).with_for_update().first_or_404()


def redeem_what_is_locked(person, code):
    voucher = locked(code)
    if voucher.used:
        abort(409)
    voucher.used = True
    person.credit += 10
    db.session.commit()


@app.post("/vouchers")
@login_required
def vouchers():
    redeem_for(current_user, request.form["code"])
    return "", 204


@app.post("/vouchers/well")
@login_required
def vouchers_well():
    redeem_alone(current_user, request.form["code"])
    redeem_what_is_locked(current_user, request.form["code"])
    return "", 204
