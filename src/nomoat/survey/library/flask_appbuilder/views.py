"""Flask-AppBuilder: views of models, forms and pages; all but the index and public forms ask for a permission."""

from flask import make_response, redirect, url_for
from flask_appbuilder.baseviews import BaseCRUDView, BaseFormView, BaseView, expose
from flask_appbuilder.security.decorators import has_access, may


class IndexView(BaseView):
    route_base = ""
    default_view = "index"

    @expose("/")
    def index(self):
        return make_response("", 200)


class UtilView(BaseView):
    route_base = ""
    default_view = "back"

    @expose("/back")
    def back(self):
        return make_response("", 302)


class SimpleFormView(BaseFormView):
    @expose("/form", methods=["GET"])
    @has_access
    def this_form_get(self):
        return make_response("", 200)

    @expose("/form", methods=["POST"])
    @has_access
    def this_form_post(self):
        return make_response("", 200)


class PublicFormView(BaseFormView):
    @expose("/form", methods=["GET"])
    def this_form_get(self):
        return make_response("", 200)

    @expose("/form", methods=["POST"])
    def this_form_post(self):
        return make_response("", 200)


class RestCRUDView(BaseCRUDView):
    @expose("/api", methods=["GET"])
    @has_access
    def api(self):
        return make_response("", 200)

    @expose("/api/read", methods=["GET"])
    @has_access
    def api_read(self):
        return make_response("", 200)


class ModelView(BaseCRUDView):
    @expose("/list/")
    @has_access
    def list(self):
        return make_response("", 200)

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk):
        return make_response("", 200)

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self):
        return make_response("", 200)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk):
        return make_response("", 200)

    @expose("/delete/<pk>", methods=["GET", "POST"])
    @has_access
    def delete(self, pk):
        return make_response("", 302)

    @expose("/download/<string:filename>")
    @has_access
    def download(self, filename):
        return make_response("", 200)

    @expose("/action/<string:name>/<pk>", methods=["GET", "POST"])
    def action(self, name, pk):
        if may(self, "action"):
            return make_response("", 200)
        return redirect(url_for("IndexView.index"))

    @expose("/action_post", methods=["POST"])
    def action_post(self):
        if may(self, "action"):
            return make_response("", 200)
        return redirect(url_for("IndexView.index"))


class MasterDetailView(BaseCRUDView):
    @expose("/list/")
    @expose("/list/<pk>")
    @has_access
    def list(self, pk=None):
        return make_response("", 200)


class MultipleView(BaseView):
    @expose("/list/")
    @has_access
    def list(self):
        return make_response("", 200)


class CompactCRUDMixin(BaseCRUDView):
    @expose("/list/", methods=["GET", "POST"])
    @has_access
    def list(self):
        return make_response("", 200)

    @expose("/add/", methods=["GET", "POST"])
    @has_access
    def add(self):
        return make_response("", 200)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk):
        return make_response("", 200)

    @expose("/delete/<pk>", methods=["GET", "POST"])
    @has_access
    def delete(self, pk):
        return make_response("", 302)
