"""Django: classes that answer, by their own modules."""

from django.views.generic import (
    ArchiveIndexView,
    BaseDateListView,
    DateDetailView,
    DayArchiveView,
    MonthArchiveView,
    TodayArchiveView,
    WeekArchiveView,
    YearArchiveView,
)
