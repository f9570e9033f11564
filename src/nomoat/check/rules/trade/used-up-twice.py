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
