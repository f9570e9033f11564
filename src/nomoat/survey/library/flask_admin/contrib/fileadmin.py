"""Flask-Admin: the files of a folder."""

from flask import redirect
from flask_admin.base import BaseView, expose


class BaseFileAdmin(BaseView):
    def __init__(
        self,
        base_url=None,
        name=None,
        category=None,
        endpoint=None,
        url=None,
        verify_path=True,
        menu_class_name=None,
        menu_icon_type=None,
        menu_icon_value=None,
        storage=None,
    ):
        super().__init__(name, category, endpoint, url)

    @expose("/old_index")
    @expose("/old_b/<path:path>")
    def index(self, path=None):
        return self.render("list")

    @expose("/")
    @expose("/b/<path:path>")
    def index_view(self, path=None):
        return self.render("list")

    @expose("/upload/", methods=("GET", "POST"))
    @expose("/upload/<path:path>", methods=("GET", "POST"))
    def upload(self, path=None):
        return self.render("upload")

    @expose("/download/<path:path>")
    def download(self, path=None):
        return self.render("file")

    @expose("/mkdir/", methods=("GET", "POST"))
    @expose("/mkdir/<path:path>", methods=("GET", "POST"))
    def mkdir(self, path=None):
        return self.render("mkdir")

    @expose("/delete/", methods=("POST",))
    def delete(self):
        return redirect(self.url)

    @expose("/rename/", methods=("GET", "POST"))
    def rename(self):
        return self.render("rename")

    @expose("/edit/", methods=("GET", "POST"))
    def edit(self):
        return self.render("edit")

    @expose("/action/", methods=("POST",))
    def action_view(self):
        return redirect(self.url)


class FileAdmin(BaseFileAdmin):
    def __init__(self, base_path, *args, **kwargs):
        self.base_path = base_path
        super().__init__(*args, **kwargs)
