from flask import Flask, render_template, request
from sqlalchemy import create_engine, text

app = Flask(__name__)
engine = create_engine("sqlite:///shop.db")


@app.get("/search")
def search():
    with engine.connect() as rows:
        comments = rows.execute(text("SELECT body, author FROM comments")).fetchall()
    return render_template(
        "example.html", query=request.args.get("q", ""), comments=comments, banner="<b>Sale</b>", page=request.path
    )
