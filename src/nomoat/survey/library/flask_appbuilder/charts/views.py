"""Flask-AppBuilder: charts of models."""

from flask import make_response
from flask_appbuilder.baseviews import BaseModelView, expose
from flask_appbuilder.security.decorators import has_access


class BaseChartView(BaseModelView):
    default_view = "chart"

    @expose("/chart/<group_by>")
    @expose("/chart/")
    @has_access
    def chart(self, group_by=""):
        return make_response("", 200)


class GroupByChartView(BaseChartView):
    pass


class DirectByChartView(GroupByChartView):
    pass


class ChartView(BaseChartView):
    pass


class DirectChartView(BaseChartView):
    pass


class TimeChartView(BaseChartView):
    @expose("/chart/<group_by>/<period>")
    @expose("/chart/")
    @has_access
    def chart(self, group_by="", period=""):
        return make_response("", 200)
