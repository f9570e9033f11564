"""Shows a result: one module a format, each with `render(result, ...)`."""
