import os

import uvicorn
from flask import Flask

app = Flask(__name__)
ANYWHERE = "0.0.0.0"

if os.environ.get("SERVER") == "uvicorn":
    uvicorn.run(app, host="0.0.0.0", port=8000)  # expect: bound-to-all-interfaces
    uvicorn.run(app, host="127.0.0.1", port=8000)
    uvicorn.run(app, port=8000)
else:
    app.run(host=ANYWHERE)  # expect: bound-to-all-interfaces
    app.run("127.0.0.1")
    app.run(host=os.environ["HOST"])
