"""A route as a loop over those of a router finds it: `for route in router.routes`."""


class Route:
    pass
